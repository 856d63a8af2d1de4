#include "io/stored_dataset.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "io/inflation.h"

namespace dreamer::io {
namespace {

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();

std::string type_name(hid_t type) {
  const std::size_t bits = 8 * H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      return fmt::format("{}int{}", H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "", bits);
    case H5T_FLOAT:
      return fmt::format("float{}", bits);
    case H5T_STRING:
      return "string";
    case H5T_COMPOUND:
      return "compound";
    case H5T_ENUM:
      return "enumeration";
    case H5T_ARRAY:
      return "array";
    case H5T_VLEN:
      return "sequence";
    default:
      return "opaque";
  }
}

Error damaged(const std::string& place, std::string_view why) {
  return error("{} is damaged: {}; copy or make the file again", place, why);
}

/// Extents as HDF5 has them in our type.
Shape to_shape(const std::vector<hsize_t>& extents, const std::string& place) {
  Shape shape;
  for (const hsize_t extent : extents) {
    if (extent > static_cast<hsize_t>(kLargest)) throw damaged(place, "an extent is too large");
    shape.push_back(static_cast<std::int64_t>(extent));
  }
  return shape;
}

Shape shape_of(hid_t dataset, const std::string& place) {
  const Handle space(H5Dget_space(dataset), place);
  if (H5Sget_simple_extent_type(space) == H5S_NULL) return {0};
  std::vector<hsize_t> extents(
      static_cast<std::size_t>(check(H5Sget_simple_extent_ndims(space), place)));
  check(H5Sget_simple_extent_dims(space, extents.data(), nullptr), place);
  return to_shape(extents, place);
}

Shape chunk_of(hid_t creation, const std::string& place) {
  if (H5Pget_layout(creation) != H5D_CHUNKED) return {};
  std::vector<hsize_t> extents(H5S_MAX_RANK);
  extents.resize(static_cast<std::size_t>(
      check(H5Pget_chunk(creation, static_cast<int>(extents.size()), extents.data()), place)));
  return to_shape(extents, place);
}

/// Bytes of a block of elements, its empty axes counted as one: so that what is computed from only
/// some of its extents fits, too.
std::int64_t bytes_of(Shape shape, std::size_t element, const std::string& place) {
  for (std::int64_t& extent : shape) extent = std::max<std::int64_t>(extent, 1);
  shape.push_back(static_cast<std::int64_t>(element));
  const std::int64_t bytes = elements_of(shape);
  if (bytes == kLargest) throw damaged(place, "it claims more data than any file can hold");
  return bytes;
}

std::string filter_name(H5Z_filter_t id, const char* stored) {
  constexpr std::array<std::pair<H5Z_filter_t, const char*>, 12> kKnown = {{{4, "SZIP"},
                                                                            {5, "N-bit"},
                                                                            {6, "scale-offset"},
                                                                            {307, "BZIP2"},
                                                                            {32000, "LZF"},
                                                                            {32001, "Blosc"},
                                                                            {32004, "LZ4"},
                                                                            {32008, "bitshuffle"},
                                                                            {32013, "ZFP"},
                                                                            {32015, "Zstandard"},
                                                                            {32017, "SZ"},
                                                                            {32026, "Blosc2"}}};
  for (const auto& [known, name] : kKnown)
    if (known == id) return fmt::format("{} ({})", name, id);
  return fmt::format("{} ({})", *stored == '\0' ? "a filter" : stored, id);
}

void look_at_filters(hid_t creation, const std::string& place, StoredDataset& dataset) {
  dataset.filters.emplace();
  const int count = check(H5Pget_nfilters(creation), place);
  for (int i = 0; i < count; ++i) {
    std::size_t values = 0;
    std::array<char, 64> name{};
    const auto id = H5Pget_filter2(creation, static_cast<unsigned>(i), nullptr, &values, nullptr,
                                   name.size() - 1, name.data(), nullptr);
    check(id, place);
    if (dataset.missing_filter.empty() && H5Zfilter_avail(id) <= 0)
      dataset.missing_filter = filter_name(id, name.data());
    const bool known = id == H5Z_FILTER_DEFLATE || id == H5Z_FILTER_FLETCHER32;
    const auto filter = id == H5Z_FILTER_DEFLATE ? Filter::deflate : Filter::fletcher32;
    if (!known || !dataset.filters || std::ranges::count(*dataset.filters, filter) > 0)
      dataset.filters.reset();  // one of each, in any order, is what chunk.h undoes
    else
      dataset.filters->push_back(filter);
  }
  H5Eclear2(H5E_DEFAULT);
}

}  // namespace

std::int64_t elements_of(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape)
    if (__builtin_mul_overflow(count, extent, &count)) return kLargest;
  return count;
}

StoredDataset inspect(Handle dataset, const std::string& place, std::int64_t file_bytes) {
  StoredDataset found;
  const Handle creation(H5Dget_create_plist(dataset), place);
  // Before anything is asked that HDF5 answers by opening those other files.
  if (H5Pget_layout(creation) == H5D_VIRTUAL || H5Pget_external_count(creation) > 0)
    throw error("{} lies in another file; copy its contents here", place);
  const Handle type(H5Dget_type(dataset), place);
  const std::size_t element = H5Tget_size(type);
  found.type = type_name(type);
  found.shape = shape_of(dataset, place);
  found.chunk = chunk_of(creation, place);
  found.bytes = bytes_of(found.shape, element, place);
  if (std::ranges::find(found.shape, 0) != found.shape.end()) found.bytes = 0;
  if (!found.chunk.empty()) {
    if (found.chunk.size() != found.shape.size())
      throw damaged(place, fmt::format("its chunks have {} axes, it has {}", found.chunk.size(),
                                       found.shape.size()));
    if (std::ranges::find(found.chunk, 0) != found.chunk.end())
      throw damaged(place, "its chunks are empty");
    found.chunk_bytes = bytes_of(found.chunk, element, place);
  }
  look_at_filters(creation, place, found);
  const hsize_t stored = H5Dget_storage_size(dataset);
  if (stored > static_cast<hsize_t>(file_bytes))
    throw damaged(place, "it claims more of the file than there is");
  found.stored_bytes = static_cast<std::int64_t>(stored);
  H5Eclear2(H5E_DEFAULT);
  found.id = std::move(dataset);
  return found;
}

void check_readable(const StoredDataset& dataset, const std::string& place,
                    std::int64_t file_bytes) {
  if (!dataset.missing_filter.empty())
    throw error(
        "{} is compressed by {}, which the HDF5 library here lacks; rewrite the file where it has "
        "that: h5repack -f GZIP=4 IN OUT",
        place, dataset.missing_filter);
  if (dataset.bytes / kLargestInflation > file_bytes)
    throw damaged(place, "it claims more data than the file can hold");
}

}  // namespace dreamer::io
