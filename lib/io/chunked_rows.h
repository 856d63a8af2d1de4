#pragma once

#include <cstdint>
#include <span>

#include "io/stored_dataset.h"

namespace dreamer::io {

/// Reads rows [first, first+count) of a dataset past HDF5's filters: raw chunks are read under
/// HDF5's lock and undone outside of it, so that several threads inflate at once. Takes the lock
/// itself. Memory is that of the rows and of one chunk as it is stored, however large a chunk
/// claims to be. Returns false, with nothing read, for what only HDF5 can read (other filters,
/// other byte orders, chunks that split rows, chunks never written).
/// @param type the memory type of an element
/// @param most bytes that no stored chunk can exceed: the size of the file
[[nodiscard]] bool read_chunked_rows(const StoredDataset& dataset, const std::string& place,
                                     hid_t type, std::int64_t first, std::int64_t count,
                                     std::int64_t most, std::span<std::byte> out);

}  // namespace dreamer::io
