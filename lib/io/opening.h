#pragma once

#include <cstdint>
#include <filesystem>

#include "io/hdf5_handle.h"

namespace dreamer::io {

/// An HDF5 file open to read.
struct OpenedFile {
  Handle file;
  std::int64_t bytes = 0;  // its size: no dataset or text in it is larger, uncompressed
};

/// Opens an HDF5 file to read. What cannot be read, is no such file, or was cut short is an Error
/// in the words of its user, with the remedy. Never waits, whatever `path` names (a pipe, a
/// device). Under the lock of HDF5.
[[nodiscard]] OpenedFile open_to_read(const std::filesystem::path& path);

}  // namespace dreamer::io
