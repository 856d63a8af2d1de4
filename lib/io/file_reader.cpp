#include <algorithm>
#include <charconv>
#include <set>

#include "io/attribute.h"
#include "io/chunked_rows.h"
#include "io/file.h"
#include "io/format.h"
#include "io/hdf5_handle.h"
#include "io/opening.h"

namespace dreamer::io {
namespace {

// No stream inflates to more than 1032 times its size: what claims to be larger is damaged.
constexpr std::int64_t kLargestInflation = 1032;

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

Shape shape_of(hid_t dataset, const std::string& path) {
  const Handle space(H5Dget_space(dataset), path);
  std::vector<hsize_t> extent(
      static_cast<std::size_t>(check(H5Sget_simple_extent_ndims(space), path)));
  check(H5Sget_simple_extent_dims(space, extent.data(), nullptr), path);
  return {extent.begin(), extent.end()};
}

std::int64_t elements_of(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t n : shape)
    if (__builtin_mul_overflow(count, n, &count)) return std::numeric_limits<std::int64_t>::max();
  return count;
}

}  // namespace

struct FileReader::Impl {
  std::filesystem::path path;
  std::int64_t bytes = 0;
  Handle file;
  std::string format, version;
  mutable std::set<std::string> seen;  // to exist; guarded by the lock of HDF5

  /// "ep7.h5: /reward"
  [[nodiscard]] std::string where(const std::string& object) const {
    return fmt::format("{}: {}", path.string(), object);
  }

  /// Whether `object` exists, following hard and soft links but never one into another file.
  [[nodiscard]] bool exists(const std::string& object) const {
    if (object == "/") return true;
    for (std::size_t end = object.find('/', 1);; end = object.find('/', end + 1)) {
      const std::string part = object.substr(0, end);
      // Looked for once: the groups above it are those of its neighbours.
      if (seen.contains(part)) {
        if (end == std::string::npos) return true;
        continue;
      }
      H5L_info_t link;
      if (H5Lexists(file, part.c_str(), H5P_DEFAULT) <= 0 ||
          H5Lget_info(file, part.c_str(), &link, H5P_DEFAULT) < 0 ||
          H5Oexists_by_name(file, part.c_str(), H5P_DEFAULT) <= 0) {
        H5Eclear2(H5E_DEFAULT);
        return false;
      }
      if (link.type == H5L_TYPE_EXTERNAL)
        throw error("{} is a link into another file; copy its contents here", where(part));
      seen.insert(part);
      if (end == std::string::npos) return true;
    }
  }

  [[nodiscard]] Handle open(const std::string& object) const {
    if (!exists(object)) throw error("{} is missing", where(object));
    return {H5Oopen(file, object.c_str(), H5P_DEFAULT), where(object)};
  }

  [[nodiscard]] Handle open_dataset(const std::string& object) const {
    Handle dataset = open(object);
    if (H5Iget_type(dataset) != H5I_DATASET) throw error("{} is not a dataset", where(object));
    return dataset;
  }

  [[nodiscard]] DatasetInfo info(hid_t dataset, const std::string& object) const {
    DatasetInfo result;
    result.path = object;
    const Handle type(H5Dget_type(dataset), where(object));
    result.type = type_name(type);
    result.shape = shape_of(dataset, where(object));
    if (H5Aexists(dataset, "dims") > 0) {
      const Json dims = read_attribute(dataset, "dims", where(object));
      if (dims.is_string()) result.dims = dims.get<std::string>();
    }
    const Shape chunk = chunk_of(dataset, where(object));
    if (!chunk.empty()) result.chunk_rows = chunk.front();
    result.stored_bytes = static_cast<std::int64_t>(H5Dget_storage_size(dataset));
    return result;
  }

  /// The objects of one kind under `group`, at any depth, relative to it, sorted.
  [[nodiscard]] std::vector<std::string> names(const std::string& group, H5O_type_t kind) const {
    const Handle root = open(group);
    std::pair<H5O_type_t, std::vector<std::string>> wanted{kind, {}};
    const auto visit = [](hid_t, const char* name, const H5O_info_t* object, void* out) -> herr_t {
      auto& [type, found] = *static_cast<decltype(wanted)*>(out);
      if (object->type == type) found.emplace_back(name);
      return 0;
    };
    check(H5Ovisit2(root, H5_INDEX_NAME, H5_ITER_INC, visit, &wanted, H5O_INFO_BASIC),
          where(group));
    std::sort(wanted.second.begin(), wanted.second.end());
    return std::move(wanted.second);
  }
};

FileReader::FileReader(const std::filesystem::path& path) : impl_(std::make_unique<Impl>()) {
  const Hdf5Lock lock;
  impl_->path = path;
  impl_->file = open_to_read(path);
  impl_->bytes = static_cast<std::int64_t>(std::filesystem::file_size(path));
  const std::string name = path.string();
  const auto text = [&](const char* attribute_name) {
    const Json value = has_attribute("/", attribute_name) ? attribute("/", attribute_name) : Json();
    return value.is_string() ? value.get<std::string>() : std::string();
  };
  impl_->format = text("format");
  impl_->version = text("format_version");
  if (!impl_->format.starts_with("dreamer."))
    throw error(
        "{} is an HDF5 file, but not one of dreamer's (it has no format attribute); "
        "dr-import reads other people's data",
        name);
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
  const Hdf5Lock lock;
  return impl_->exists(path);
}

std::vector<DatasetInfo> FileReader::datasets(const std::string& group) const {
  const Hdf5Lock lock;
  const std::string prefix = group == "/" ? group : group + "/";
  std::vector<DatasetInfo> found;
  for (const std::string& name : impl_->names(group, H5O_TYPE_DATASET))
    found.push_back(info(prefix + name));
  return found;
}

std::vector<std::string> FileReader::groups() const {
  const Hdf5Lock lock;
  std::vector<std::string> found = {"/"};
  for (const std::string& name : impl_->names("/", H5O_TYPE_GROUP))
    if (name != ".") found.push_back("/" + name);
  return found;
}

DatasetInfo FileReader::info(const std::string& path) const {
  const Hdf5Lock lock;
  return impl_->info(impl_->open_dataset(path), path);
}

bool FileReader::has_attribute(const std::string& path, const std::string& name) const {
  const Hdf5Lock lock;
  return impl_->exists(path) &&
         H5Aexists_by_name(impl_->file, path.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

Json FileReader::attribute(const std::string& path, const std::string& name) const {
  const Hdf5Lock lock;
  if (!has_attribute(path, name))
    throw error("{} has no attribute {}", path == "/" ? impl_->path.string() : impl_->where(path),
                name);
  return read_attribute(impl_->open(path), name, impl_->where(path));
}

Json FileReader::attributes(const std::string& path) const {
  const Hdf5Lock lock;
  const Handle object = impl_->open(path);
  std::vector<std::string> names;
  const auto visit = [](hid_t, const char* name, const H5A_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  hsize_t position = 0;
  check(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &position, visit, &names),
        impl_->where(path));
  std::sort(names.begin(), names.end());
  Json all = Json::object();
  for (const std::string& name : names)
    all[name] = read_attribute(object, name, impl_->where(path));
  return all;
}

std::size_t FileReader::row_elements(const std::string& path, std::int64_t first,
                                     std::int64_t count) const {
  const DatasetInfo dataset = info(path);
  const std::string place = impl_->where(path);
  if (const auto total = elements_of(dataset.shape);
      total < 0 || total / kLargestInflation > impl_->bytes)
    throw error("{} is damaged: it claims more data than the file can hold", place);
  Shape shape = dataset.shape;
  if (shape.empty()) {
    if (first != 0) throw error("{} has no rows", place);
    return 1;
  }
  if (count < 0) count = shape[0] - first;
  if (first < 0 || count < 0 || first + count > shape[0])
    throw error("{} has {} rows, rows {} to {} are asked for", place, shape[0], first,
                first + count - 1);
  shape[0] = count;
  return static_cast<std::size_t>(elements_of(shape));
}

void FileReader::read_rows(const std::string& path, Type type, std::int64_t first,
                           std::int64_t count, std::span<std::byte> out) const {
  const std::string place = impl_->where(path);
  Handle dataset;
  Shape shape;
  {
    const Hdf5Lock lock;
    dataset = impl_->open_dataset(path);
    const std::string stored = impl_->info(dataset, path).type;
    if (stored != name_of(type))
      throw error("{} is {}, {} is needed", place, stored, name_of(type));
    shape = shape_of(dataset, place);
    const Handle creation(H5Dget_create_plist(dataset), place);
    if (H5Pget_layout(creation) == H5D_VIRTUAL || H5Pget_external_count(creation) > 0)
      throw error("{} lies in another file; copy its contents here", place);
  }
  if (out.empty()) return;
  if (!shape.empty() && count < 0) count = shape[0] - first;
  if (!shape.empty() &&
      read_chunked_rows(dataset, place, memory_type(type), shape, first, count, impl_->bytes, out))
    return;

  const Hdf5Lock lock;
  const Handle file_space(H5Dget_space(dataset), place);
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
  const herr_t status =
      H5Dread(dataset, memory_type(type), memory_space, file_space, H5P_DEFAULT, out.data());
  if (status < 0)
    throw error("{} is damaged ({}); copy or make the file again", place, hdf5_message());
}

}  // namespace dreamer::io
