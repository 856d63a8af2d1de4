#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "io/chunk.h"
#include "io/file.h"
#include "io/hdf5_handle.h"

namespace dreamer::io {

/// A dataset opened to read: what it claims to be, as far as that can be true. Looked at once a
/// file; everything that reads relies on the checks made here.
struct StoredDataset {
  Handle id;
  std::string type;                            // as DatasetInfo has it
  Shape shape;                                 // [0] where it has no data space
  Shape chunk;                                 // as many axes as `shape`; empty: not chunked
  std::optional<std::vector<Filter>> filters;  // nothing: there are others than those of chunk.h
  std::string missing_filter;                  // a filter that this HDF5 lacks; empty: none
  std::int64_t bytes = 0;                      // all of its elements; exact, it never overflows
  std::int64_t chunk_bytes = 0;
  std::int64_t stored_bytes = 0;  // what it takes in the file, after compression
};

/// Looks at an open dataset of a file of `file_bytes`. Data that lie in other files, and claims
/// that cannot be true (extents, chunks, sizes), are Errors at `place`. The caller holds the lock.
[[nodiscard]] StoredDataset inspect(Handle dataset, const std::string& place,
                                    std::int64_t file_bytes);

/// Why `dataset` cannot be read whole or in part by this process, if it cannot: a filter that is
/// missing, or more data than the file can hold. @throws Error
void check_readable(const StoredDataset& dataset, const std::string& place,
                    std::int64_t file_bytes);

}  // namespace dreamer::io
