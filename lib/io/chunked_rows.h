#pragma once

#include <span>
#include <string>

#include "io/file.h"
#include "io/hdf5_handle.h"

namespace dreamer::io {

/// Chunk extents of a dataset; empty if it is not chunked. Under the lock of HDF5.
[[nodiscard]] Shape chunk_of(hid_t dataset, const std::string& place);

/// Rows [first, first+count) of a dataset of this shape, chunk by chunk, decoded outside of the
/// lock so that several threads inflate at once.
/// @param type the elements' type in memory, with which `out` is filled
/// @param place names the dataset in errors
/// @param most bytes that a chunk can take in the file
/// @return false, and nothing is read, if the dataset's layout or type asks for HDF5's own way
bool read_chunked_rows(const Handle& dataset, const std::string& place, hid_t type,
                       const Shape& shape, std::int64_t first, std::int64_t count,
                       std::int64_t most, std::span<std::byte> out);

}  // namespace dreamer::io
