#include "io/chunked_rows.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/error.h"
#include "io/chunk.h"

namespace dreamer::io {

bool read_chunked_rows(const StoredDataset& dataset, const std::string& place, hid_t type,
                       std::int64_t first, std::int64_t count, std::int64_t most,
                       std::span<std::byte> out) {
  const Shape& chunk = dataset.chunk;
  // Whole rows in the machine's own representation?
  if (chunk.empty() || !dataset.filters) return false;
  if (!std::equal(chunk.begin() + 1, chunk.end(), dataset.shape.begin() + 1)) return false;
  {
    const Hdf5Lock lock(place);
    const Handle stored(H5Dget_type(dataset.id), place);
    if (H5Tequal(stored, type) <= 0) return false;
  }
  const std::int64_t row_bytes = static_cast<std::int64_t>(out.size()) / count;
  std::vector<std::byte> encoded, decoded;
  std::vector<hsize_t> offset(chunk.size(), 0);
  for (std::int64_t begin = first / chunk[0] * chunk[0];; begin += chunk[0]) {
    offset[0] = static_cast<hsize_t>(begin);
    std::uint32_t skipped = 0;
    {
      const Hdf5Lock lock(place);
      hsize_t size = 0;
      check(H5Dget_chunk_storage_size(dataset.id, offset.data(), &size), place);
      if (size == 0) return false;  // never written: HDF5 knows the fill value
      if (size > static_cast<hsize_t>(most)) throw error("{} is damaged", place);
      encoded.resize(size);
      if (H5Dread_chunk(dataset.id, H5P_DEFAULT, offset.data(), &skipped, encoded.data()) < 0)
        throw reading_failed(place);
    }
    // Straight into place where the chunk's first rows are wanted, else by way of a buffer.
    const std::int64_t from = std::max(begin, first),
                       to = begin + std::min(chunk[0], first + count - begin);
    const auto target = out.subspan(static_cast<std::size_t>((from - first) * row_bytes),
                                    static_cast<std::size_t>((to - from) * row_bytes));
    const std::string rows = fmt::format("{} row {}", place, begin);
    const auto whole = static_cast<std::size_t>(dataset.chunk_bytes);
    if (from == begin) {
      decode_chunk(encoded, dataset.filters.value(), skipped, whole, target, rows);
    } else {
      decoded.resize(static_cast<std::size_t>((to - begin) * row_bytes));
      decode_chunk(encoded, dataset.filters.value(), skipped, whole, decoded, rows);
      std::memcpy(target.data(), decoded.data() + (from - begin) * row_bytes, target.size());
    }
    if (to == first + count) break;  // the sum could overflow
  }
  return true;
}

}  // namespace dreamer::io
