#include "io/hdf5_file.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "io/attribute.h"
#include "io/chunked_rows.h"
#include "io/inflation.h"

namespace dreamer::io {
namespace {

// Open datasets that a reader keeps, for the next rows of the same.
constexpr std::size_t kKept = 32;

// HDF5 inflates a whole chunk at once, where it must be asked to.
constexpr std::int64_t kLargestChunk = 256 << 20;

}  // namespace

Hdf5File::Hdf5File(const std::filesystem::path& path)
    : path_(path), opened_(open_to_read(path)), links_(opened_.file, path.string()) {}

std::string Hdf5File::where(const std::string& object) const {
  return fmt::format("{}: {}", path_.string(), object);
}

std::shared_ptr<const StoredDataset> Hdf5File::dataset(const std::string& object) {
  if (const auto found = known_.find(object); found != known_.end()) return found->second;
  Handle id = links_.open(object);
  if (H5Iget_type(id) != H5I_DATASET) throw error("{} is not a dataset", where(object));
  auto found =
      std::make_shared<const StoredDataset>(inspect(std::move(id), where(object), opened_.bytes));
  if (known_.size() >= kKept) known_.clear();
  known_.emplace(object, found);
  return found;
}

DatasetInfo Hdf5File::info(const std::string& object) {
  const auto found = dataset(object);
  DatasetInfo info{.path = object,
                   .type = found->type,
                   .shape = found->shape,
                   .dims = "",
                   .chunk_rows = found->chunk.empty() ? 0 : found->chunk.front(),
                   .stored_bytes = found->stored_bytes};
  if (H5Aexists(found->id, "dims") > 0)
    info.dims =
        value_as<std::string>(read_attribute(found->id, "dims", where(object))).value_or("");
  return info;
}

void Hdf5File::check_allowed(std::int64_t bytes, std::int64_t before,
                             const std::string& object) const {
  if (bytes <= allowed_memory(opened_.bytes) - before) return;
  throw error(
      "{} would take {} MiB of memory from a file of {} MiB; if it is no trap, rewrite it "
      "uncompressed: h5repack -f NONE IN OUT",
      where(object), bytes >> 20, opened_.bytes >> 20);
}

void Hdf5File::count_whole(const std::string& object) {
  const auto found = dataset(object);
  check_readable(*found, where(object), opened_.bytes);
  check_allowed(found->bytes, counted_, object);
  counted_ += found->bytes;
}

Shape Hdf5File::check_rows(const std::string& object, std::int64_t first, std::int64_t count) {
  const auto found = dataset(object);
  const std::string place = where(object);
  check_readable(*found, place, opened_.bytes);
  Shape shape = found->shape;
  if (shape.empty()) {
    if (first != 0) throw error("{} has no rows", place);
    return shape;
  }
  if (count < 0) count = shape[0] - first;
  if (first < 0 || count < 0 || count > shape[0] - first)
    throw error("{} has {} rows, rows {} to {} are asked for", place, shape[0], first,
                first + count - 1);
  const std::int64_t row_bytes = shape[0] > 0 ? found->bytes / shape[0] : 0;
  check_allowed(count * row_bytes, 0, object);
  shape[0] = count;
  return shape;
}

void Hdf5File::read_rows(const std::string& object, hid_t memory, std::int64_t first,
                         const Shape& shape, std::span<std::byte> out) {
  if (out.empty()) return;
  const std::string place = where(object);
  std::shared_ptr<const StoredDataset> found;
  {
    const Hdf5Lock lock(path_.native());
    found = dataset(object);
  }
  if (!shape.empty() &&
      read_chunked_rows(*found, place, memory, first, shape[0], opened_.bytes, out))
    return;

  const Hdf5Lock lock(path_.native());
  if (found->chunk_bytes > kLargestChunk)
    throw error("{}: its chunks of {} MiB are too large; rewrite it: h5repack -l CONTI IN OUT",
                place, found->chunk_bytes >> 20);
  const RowSelection rows = select_rows(found->id, first, shape, place);
  if (H5Dread(found->id, memory, rows.memory, rows.file, H5P_DEFAULT, out.data()) < 0)
    throw reading_failed(place);
}

RowSelection select_rows(hid_t dataset, std::int64_t first, const Shape& shape,
                         const std::string& place) {
  RowSelection rows{Handle(H5Dget_space(dataset), place), Handle(H5Screate(H5S_SCALAR), place)};
  if (shape.empty()) return rows;
  std::vector<hsize_t> start(shape.size(), 0), extent(shape.begin(), shape.end());
  start[0] = static_cast<hsize_t>(first);
  check(
      H5Sselect_hyperslab(rows.file, H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr),
      place);
  rows.memory =
      Handle(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), place);
  return rows;
}

}  // namespace dreamer::io
