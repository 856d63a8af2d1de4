#include <algorithm>
#include <charconv>
#include <exception>
#include <map>
#include <memory>

#include "core/json.h"
#include "io/attribute.h"
#include "io/chunked_rows.h"
#include "io/file.h"
#include "io/format.h"
#include "io/hdf5_handle.h"
#include "io/links.h"
#include "io/opening.h"
#include "io/stored_dataset.h"

namespace dreamer::io {
namespace {

// What one file may fill: data that compress better than this, and are large, are taken for a trap.
constexpr std::int64_t kAlwaysAllowed = std::int64_t{1} << 30, kAllowedInflation = 64;

// Open datasets that a reader keeps, for the next rows of the same.
constexpr std::size_t kKept = 32;

// HDF5 inflates a whole chunk at once, where it must be asked to.
constexpr std::int64_t kLargestChunk = 256 << 20;

std::string name_of(Type type) {
  switch (type) {
    case Type::uint8:
      return "uint8";
    case Type::int64:
      return "int64";
    case Type::float32:
      return "float32";
    case Type::float64:
      return "float64";
  }
  return "unknown";
}

hid_t memory_type(Type type) {
  const Hdf5Lock lock;  // these names are calls: each begins with H5open
  switch (type) {
    case Type::uint8:
      return H5T_NATIVE_UINT8;
    case Type::int64:
      return H5T_NATIVE_INT64;
    case Type::float32:
      return H5T_NATIVE_FLOAT;
    case Type::float64:
      return H5T_NATIVE_DOUBLE;
  }
  throw std::logic_error("unknown element type");
}

/// A version as text or, as some write it, as a number.
std::string version_text(const Json& value) {
  if (const auto text = value_as<std::string>(value)) return *text;
  return value_as<double>(value) ? value.dump() : "";
}

}  // namespace

struct FileReader::Impl {
  std::filesystem::path path;
  OpenedFile opened;
  std::string format, version;
  // All below is guarded by the lock of HDF5.
  mutable Links links;
  mutable std::map<std::string, std::shared_ptr<const StoredDataset>> known;  // looked at before
  mutable std::int64_t counted = 0;                                           // bytes read whole

  explicit Impl(const std::filesystem::path& file)
      : path(file), opened(open_to_read(file)), links(opened.file, file.string()) {}

  /// "ep7.h5: /reward"
  [[nodiscard]] std::string where(const std::string& object) const {
    return fmt::format("{}: {}", path.string(), object);
  }

  [[nodiscard]] std::shared_ptr<const StoredDataset> dataset(const std::string& object) const {
    if (const auto found = known.find(object); found != known.end()) return found->second;
    Handle id = links.open(object);
    if (H5Iget_type(id) != H5I_DATASET) throw error("{} is not a dataset", where(object));
    auto found =
        std::make_shared<const StoredDataset>(inspect(std::move(id), where(object), opened.bytes));
    if (known.size() >= kKept) known.clear();
    known.emplace(object, found);
    return found;
  }

  [[nodiscard]] std::int64_t allowed() const {
    return std::max(kAlwaysAllowed, kAllowedInflation * opened.bytes);
  }

  /// Refuses `bytes` of a dataset, with those read before, if that is more than a file may fill.
  void check_allowed(std::int64_t bytes, std::int64_t before, const std::string& object) const {
    if (bytes <= allowed() - before) return;
    throw error(
        "{} would take {} MiB of memory from a file of {} MiB; if it is no trap, rewrite it "
        "uncompressed: h5repack -f NONE IN OUT",
        where(object), bytes >> 20, opened.bytes >> 20);
  }
};

FileReader::FileReader(const std::filesystem::path& path) {
  const Hdf5Lock lock(path.native());
  impl_ = std::make_unique<Impl>(path);
  const std::string name = path.string();
  impl_->format = attribute_or<std::string>("/", "format", "");
  if (!impl_->format.starts_with("dreamer."))
    throw error(
        "{} is an HDF5 file, but not one of dreamer's (its attribute format is no dreamer.…); an "
        "episode needs /image, /action, /reward, /discount and attributes, see EPISODE in man "
        "dreamer-files",
        name);
  if (has_attribute("/", "format_version"))
    impl_->version = version_text(attribute("/", "format_version"));
  int major = 0;
  const char* const end = impl_->version.data() + impl_->version.size();
  const auto [after, status] = std::from_chars(impl_->version.data(), end, major);
  if (status != std::errc() || (after != end && *after != '.'))
    throw error("{}: format_version '{}' is not a version", name, impl_->version);
  if (major > kFormatMajor)
    throw error(
        "{}: format_version {} is newer than this program reads ({}.x); use a newer dreamer", name,
        impl_->version, kFormatMajor);
}

FileReader::FileReader(const std::filesystem::path& path, std::string_view expected_format)
    : FileReader(path) {
  if (impl_->format != expected_format)
    throw error("{} is a {}, a {} is needed", path.string(), impl_->format, expected_format);
}

FileReader::~FileReader() = default;
FileReader::FileReader(FileReader&&) noexcept = default;
FileReader& FileReader::operator=(FileReader&&) noexcept = default;

const std::filesystem::path& FileReader::path() const { return impl_->path; }
std::string FileReader::format() const { return impl_->format; }
std::string FileReader::format_version() const { return impl_->version; }

bool FileReader::has(const std::string& path) const {
  const Hdf5Lock lock(impl_->path.native());
  return impl_->links.exists(path);
}

std::vector<DatasetInfo> FileReader::datasets(const std::string& group) const {
  const Hdf5Lock lock(impl_->path.native());
  std::vector<DatasetInfo> found;
  for (const std::string& path : impl_->links.find(group, H5O_TYPE_DATASET))
    found.push_back(info(path));
  return found;
}

std::vector<std::string> FileReader::groups() const {
  const Hdf5Lock lock(impl_->path.native());
  std::vector<std::string> found = impl_->links.find("/", H5O_TYPE_GROUP);
  found.insert(found.begin(), "/");
  return found;
}

DatasetInfo FileReader::info(const std::string& path) const {
  const Hdf5Lock lock(impl_->path.native());
  const auto dataset = impl_->dataset(path);
  DatasetInfo info{.path = path,
                   .type = dataset->type,
                   .shape = dataset->shape,
                   .dims = "",
                   .chunk_rows = dataset->chunk.empty() ? 0 : dataset->chunk.front(),
                   .stored_bytes = dataset->stored_bytes};
  if (H5Aexists(dataset->id, "dims") > 0)
    info.dims =
        value_as<std::string>(read_attribute(dataset->id, "dims", impl_->where(path))).value_or("");
  return info;
}

bool FileReader::has_attribute(const std::string& path, const std::string& name) const {
  const Hdf5Lock lock(impl_->path.native());
  return impl_->links.exists(path) && H5Aexists(impl_->links.open(path), name.c_str()) > 0;
}

Json FileReader::attribute(const std::string& path, const std::string& name) const {
  const Hdf5Lock lock(impl_->path.native());
  const Handle object = impl_->links.open(path);
  if (H5Aexists(object, name.c_str()) <= 0)
    throw error("{} has no attribute {}", path == "/" ? impl_->path.string() : impl_->where(path),
                name);
  return read_attribute(object, name, impl_->where(path));
}

Json FileReader::json_attribute(const std::string& path, const std::string& name) const {
  return parse_json(attribute<std::string>(path, name), attribute_place(path, name));
}

std::string FileReader::attribute_place(const std::string& path, const std::string& name) const {
  return impl_->where((path == "/" ? path : path + "/") + "@" + name);
}

Error FileReader::wrong_attribute(const std::string& path, const std::string& name,
                                  std::string_view found, std::string_view wanted) const {
  return error("{} is {}, {} is needed", attribute_place(path, name), found, wanted);
}

Json FileReader::attributes(const std::string& path) const {
  const Hdf5Lock lock(impl_->path.native());
  const Handle object = impl_->links.open(path);
  struct Out {
    std::vector<std::string> names;
    std::exception_ptr failure;
  } out;
  const auto visit = [](hid_t, const char* name, const H5A_info_t*, void* to) -> herr_t {
    auto& [names, failure] = *static_cast<Out*>(to);
    return in_callback(failure, [&] { names.emplace_back(name); });
  };
  hsize_t position = 0;
  const herr_t status = H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &position, visit, &out);
  if (out.failure) std::rethrow_exception(out.failure);
  if (status < 0) throw reading_failed(impl_->where(path));
  std::sort(out.names.begin(), out.names.end());
  Json all = Json::object();
  for (const std::string& name : out.names)
    all[name] = read_attribute(object, name, impl_->where(path));
  return all;
}

void FileReader::count_whole(const std::string& path) const {
  const Hdf5Lock lock(impl_->path.native());
  const auto dataset = impl_->dataset(path);
  check_readable(*dataset, impl_->where(path), impl_->opened.bytes);
  impl_->check_allowed(dataset->bytes, impl_->counted, path);
  impl_->counted += dataset->bytes;
}

std::size_t FileReader::row_elements(const std::string& path, Type type, std::int64_t first,
                                     std::int64_t count) const {
  const Hdf5Lock lock(impl_->path.native());
  const auto dataset = impl_->dataset(path);
  const std::string place = impl_->where(path);
  if (dataset->type != name_of(type))
    throw error("{} is {}, {} is needed", place, dataset->type, name_of(type));
  check_readable(*dataset, place, impl_->opened.bytes);
  Shape shape = dataset->shape;
  if (shape.empty()) {
    if (first != 0) throw error("{} has no rows", place);
    return 1;
  }
  if (count < 0) count = shape[0] - first;
  if (first < 0 || count < 0 || count > shape[0] - first)
    throw error("{} has {} rows, rows {} to {} are asked for", place, shape[0], first,
                first + count - 1);
  const std::int64_t row_bytes = shape[0] > 0 ? dataset->bytes / shape[0] : 0;
  impl_->check_allowed(count * row_bytes, 0, path);
  shape[0] = count;
  return static_cast<std::size_t>(elements_of(shape));
}

void FileReader::read_rows(const std::string& path, Type type, std::int64_t first,
                           std::int64_t count, std::span<std::byte> out) const {
  if (out.empty()) return;
  const std::string place = impl_->where(path);
  std::shared_ptr<const StoredDataset> dataset;
  {
    const Hdf5Lock lock(impl_->path.native());
    dataset = impl_->dataset(path);
  }
  const Shape& shape = dataset->shape;
  if (!shape.empty() && count < 0) count = shape[0] - first;
  if (!shape.empty() &&
      read_chunked_rows(*dataset, place, memory_type(type), first, count, impl_->opened.bytes, out))
    return;

  const Hdf5Lock lock(impl_->path.native());
  if (dataset->chunk_bytes > kLargestChunk)
    throw error("{}: its chunks of {} MiB are too large; rewrite it: h5repack -l CONTI IN OUT",
                place, dataset->chunk_bytes >> 20);
  const Handle file_space(H5Dget_space(dataset->id), place);
  Handle memory_space(H5Screate(H5S_SCALAR), place);
  if (!shape.empty()) {
    std::vector<hsize_t> start(shape.size(), 0), extent(shape.begin(), shape.end());
    start[0] = static_cast<hsize_t>(first);
    extent[0] = static_cast<hsize_t>(count);
    check(H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start.data(), nullptr, extent.data(),
                              nullptr),
          place);
    memory_space =
        Handle(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), place);
  }
  if (H5Dread(dataset->id, memory_type(type), memory_space, file_space, H5P_DEFAULT, out.data()) <
      0)
    throw reading_failed(place);
}

}  // namespace dreamer::io
