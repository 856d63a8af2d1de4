#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "io/file.h"
#include "io/hdf5_handle.h"
#include "io/stored_dataset.h"

namespace dreamer::io {

// Texts of variable length, which h5py gives as str, and lists lie in HDF5's global heap: the one
// structure of a file of ours without a checksum. HDF5 1.10 trusts it: an object of size 0 in a
// heap makes it loop for ever, a wrong index or length makes it read and write out of bounds. So
// HDF5 is only asked where something lies, and the heap is read here.

/// The texts of an attribute of a type of variable length, `count` of them. What is damaged is an
/// Error at `place`, and so is a text longer than `most` bytes. The caller holds the lock.
[[nodiscard]] std::vector<std::string> read_variable_texts(hid_t attribute, std::size_t count,
                                                           std::size_t most,
                                                           const std::string& place);

/// Rows [first, first+shape[0]) of a dataset [rows] whose elements are lists of bytes.
/// @param most bytes of a list
[[nodiscard]] std::vector<std::vector<std::uint8_t>> read_byte_lists(const StoredDataset& dataset,
                                                                     std::int64_t first,
                                                                     const Shape& shape,
                                                                     std::size_t most,
                                                                     const std::string& place);

}  // namespace dreamer::io
