#pragma once

#include <filesystem>

#include "io/hdf5_handle.h"

namespace dreamer::io {

/// Opens an HDF5 file to read. What cannot be read, is no such file, or was cut short is an Error
/// in the words of its user, with the remedy. Under the lock of HDF5.
[[nodiscard]] Handle open_to_read(const std::filesystem::path& path);

}  // namespace dreamer::io
