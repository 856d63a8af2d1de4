#include <algorithm>
#include <charconv>
#include <exception>

#include "core/json.h"
#include "io/attribute.h"
#include "io/file.h"
#include "io/format.h"
#include "io/hdf5_file.h"

namespace dreamer::io {
namespace {

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

struct FileReader::Impl : Hdf5File {
  using Hdf5File::Hdf5File;
  std::string format, version;
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

const std::filesystem::path& FileReader::path() const { return impl_->path(); }
std::string FileReader::format() const { return impl_->format; }
std::string FileReader::format_version() const { return impl_->version; }

bool FileReader::has(const std::string& path) const {
  const Hdf5Lock lock(impl_->path().native());
  return impl_->links().exists(path);
}

std::vector<DatasetInfo> FileReader::datasets(const std::string& group) const {
  const Hdf5Lock lock(impl_->path().native());
  std::vector<DatasetInfo> found;
  for (const std::string& path : impl_->links().find(group, H5O_TYPE_DATASET))
    found.push_back(info(path));
  return found;
}

std::vector<std::string> FileReader::groups() const {
  const Hdf5Lock lock(impl_->path().native());
  std::vector<std::string> found = impl_->links().find("/", H5O_TYPE_GROUP);
  found.insert(found.begin(), "/");
  return found;
}

DatasetInfo FileReader::info(const std::string& path) const {
  const Hdf5Lock lock(impl_->path().native());
  return impl_->info(path);
}

bool FileReader::has_attribute(const std::string& path, const std::string& name) const {
  const Hdf5Lock lock(impl_->path().native());
  return impl_->links().exists(path) && H5Aexists(impl_->links().open(path), name.c_str()) > 0;
}

Json FileReader::attribute(const std::string& path, const std::string& name) const {
  const Hdf5Lock lock(impl_->path().native());
  const Handle object = impl_->links().open(path);
  if (H5Aexists(object, name.c_str()) <= 0)
    throw error("{} has no attribute {}", path == "/" ? impl_->path().string() : impl_->where(path),
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
  const Hdf5Lock lock(impl_->path().native());
  const Handle object = impl_->links().open(path);
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
  const Hdf5Lock lock(impl_->path().native());
  impl_->count_whole(path);
}

std::size_t FileReader::row_elements(const std::string& path, Type type, std::int64_t first,
                                     std::int64_t count) const {
  const Hdf5Lock lock(impl_->path().native());
  const std::string found = impl_->dataset(path)->type;
  if (found != name_of(type))
    throw error("{} is {}, {} is needed", impl_->where(path), found, name_of(type));
  return static_cast<std::size_t>(elements_of(impl_->check_rows(path, first, count)));
}

void FileReader::read_rows(const std::string& path, Type type, std::int64_t first,
                           std::int64_t count, std::span<std::byte> out) const {
  Shape shape;
  {
    const Hdf5Lock lock(impl_->path().native());
    shape = impl_->dataset(path)->shape;
  }
  if (!shape.empty()) shape[0] = count < 0 ? shape[0] - first : count;
  impl_->read_rows(path, memory_type(type), first, shape, out);
}

}  // namespace dreamer::io
