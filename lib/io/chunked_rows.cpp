#include "io/chunked_rows.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "core/error.h"
#include "io/chunk.h"

namespace dreamer::io {
namespace {

Shape extents_of(hid_t creation, const std::string& path) {
  if (H5Pget_layout(creation) != H5D_CHUNKED) return {};
  std::vector<hsize_t> extent(H5S_MAX_RANK);
  extent.resize(static_cast<std::size_t>(
      check(H5Pget_chunk(creation, static_cast<int>(extent.size()), extent.data()), path)));
  return {extent.begin(), extent.end()};
}

/// The filters, if they are ones that chunk.h undoes.
std::optional<std::vector<Filter>> filters_of(hid_t creation, const std::string& path) {
  std::vector<Filter> filters;
  const int count = check(H5Pget_nfilters(creation), path);
  for (int i = 0; i < count; ++i) {
    std::size_t values = 0;
    const auto id = H5Pget_filter2(creation, static_cast<unsigned>(i), nullptr, &values, nullptr, 0,
                                   nullptr, nullptr);
    if (id == H5Z_FILTER_DEFLATE && filters.size() < 2)
      filters.push_back(Filter::deflate);
    else if (id == H5Z_FILTER_FLETCHER32 && filters.size() < 2)
      filters.push_back(Filter::fletcher32);
    else
      return std::nullopt;
  }
  return filters;
}

}  // namespace

Shape chunk_of(hid_t dataset, const std::string& place) {
  return extents_of(Handle(H5Dget_create_plist(dataset), place), place);
}

bool read_chunked_rows(const Handle& dataset, const std::string& place, hid_t type,
                       const Shape& shape, std::int64_t first, std::int64_t count,
                       std::int64_t most, std::span<std::byte> out) {
  Shape chunk;
  std::vector<Filter> filters;
  {
    const Hdf5Lock lock;
    const Handle creation(H5Dget_create_plist(dataset), place);
    const Handle stored(H5Dget_type(dataset), place);
    chunk = extents_of(creation, place);
    const auto known = filters_of(creation, place);
    // Whole rows in the machine's own representation?
    if (chunk.empty() || !known || H5Tequal(stored, type) <= 0) return false;
    if (!std::equal(chunk.begin() + 1, chunk.end(), shape.begin() + 1)) return false;
    filters = *known;
  }
  const std::int64_t row_bytes = static_cast<std::int64_t>(out.size()) / count;
  std::vector<std::byte> encoded, decoded;
  std::vector<hsize_t> offset(shape.size(), 0);
  for (std::int64_t begin = first / chunk[0] * chunk[0]; begin < first + count; begin += chunk[0]) {
    offset[0] = static_cast<hsize_t>(begin);
    std::uint32_t skipped = 0;
    {
      const Hdf5Lock lock;
      hsize_t size = 0;
      check(H5Dget_chunk_storage_size(dataset, offset.data(), &size), place);
      if (size == 0) return false;  // never written: HDF5 knows the fill value
      if (static_cast<std::int64_t>(size) > most) throw error("{} is damaged", place);
      encoded.resize(size);
      check(H5Dread_chunk(dataset, H5P_DEFAULT, offset.data(), &skipped, encoded.data()), place);
    }
    // Straight into place where the whole chunk is wanted, else by way of a buffer.
    const std::int64_t from = std::max(begin, first),
                       to = std::min(begin + chunk[0], first + count);
    const auto target = out.subspan(static_cast<std::size_t>((from - first) * row_bytes),
                                    static_cast<std::size_t>((to - from) * row_bytes));
    const std::string rows = fmt::format("{} row {}", place, begin);
    if (to - from == chunk[0]) {
      decode_chunk(encoded, filters, skipped, target, rows);
    } else {
      decoded.resize(static_cast<std::size_t>(chunk[0] * row_bytes));
      decode_chunk(encoded, filters, skipped, decoded, rows);
      std::memcpy(target.data(), decoded.data() + (from - begin) * row_bytes, target.size());
    }
  }
  return true;
}

}  // namespace dreamer::io
