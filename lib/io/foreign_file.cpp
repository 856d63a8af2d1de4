#include "io/foreign_file.h"

#include <algorithm>
#include <cctype>

#include "core/error.h"
#include "io/attribute.h"
#include "io/hdf5_file.h"
#include "io/text_heap.h"

namespace dreamer::io {
namespace {

// Bytes of one encoded image.
constexpr std::size_t kLargestSequence = std::size_t{64} << 20;

bool is_number(const std::string& type) {
  return type.starts_with("int") || type.starts_with("uint") || type.starts_with("float");
}

/// Booleans as h5py and Minari write them are enumerations, which HDF5 gives as their integers.
std::vector<double> enumerated(Hdf5File& file, const std::string& path, std::int64_t first,
                               const Shape& shape) {
  const std::string place = file.where(path);
  Handle type;
  std::size_t size = 0;
  {
    const Hdf5Lock lock(place);
    const Handle stored(H5Dget_type(file.dataset(path)->id), place);
    type = Handle(H5Tget_native_type(stored, H5T_DIR_ASCEND), place);
    size = H5Tget_size(type);
  }
  if (size != 1) throw error("{}: an enumeration of {} bytes, 1 is read", place, size);
  std::vector<std::int8_t> values(static_cast<std::size_t>(elements_of(shape)));
  file.read_rows(path, type, first, shape, std::as_writable_bytes(std::span(values)));
  return {values.begin(), values.end()};
}

}  // namespace

struct ForeignFile::Impl : Hdf5File {
  using Hdf5File::Hdf5File;
};

ForeignFile::ForeignFile(const std::filesystem::path& path) {
  const Hdf5Lock lock(path.native());
  impl_ = std::make_unique<Impl>(path);
}
ForeignFile::~ForeignFile() = default;
ForeignFile::ForeignFile(ForeignFile&&) noexcept = default;
ForeignFile& ForeignFile::operator=(ForeignFile&&) noexcept = default;

const std::filesystem::path& ForeignFile::path() const { return impl_->path(); }

bool ForeignFile::has(const std::string& path) const {
  const Hdf5Lock lock(impl_->path().native());
  return impl_->links().exists(path);
}

bool ForeignFile::is_group(const std::string& path) const {
  const Hdf5Lock lock(impl_->path().native());
  return impl_->links().exists(path) && H5Iget_type(impl_->links().open(path)) == H5I_GROUP;
}

std::vector<std::string> ForeignFile::names(const std::string& group) const {
  const Hdf5Lock lock(impl_->path().native());
  std::vector<std::string> found = impl_->links().names(group);
  std::ranges::sort(found, natural_less);
  return found;
}

DatasetInfo ForeignFile::info(const std::string& path) const {
  const Hdf5Lock lock(impl_->path().native());
  return impl_->info(path);
}

std::vector<double> ForeignFile::numbers(const std::string& path, std::int64_t first,
                                         std::int64_t count) const {
  Shape shape;
  std::string type;
  {
    const Hdf5Lock lock(impl_->path().native());
    type = impl_->dataset(path)->type;
    if (!is_number(type) && type != "enumeration")
      throw error("{} holds no numbers: {}", impl_->where(path), type);
    shape = impl_->check_rows(path, first, count);
    const std::int64_t bytes = elements_of(shape) > (std::int64_t{1} << 50)
                                   ? std::int64_t{1} << 53
                                   : elements_of(shape) * std::int64_t{sizeof(double)};
    impl_->check_allowed(bytes, 0, path);
  }
  if (type == "enumeration") return enumerated(*impl_, path, first, shape);
  const auto read = [&]<class T>(hid_t memory, T) {
    std::vector<T> values(static_cast<std::size_t>(elements_of(shape)));
    impl_->read_rows(path, memory, first, shape, std::as_writable_bytes(std::span(values)));
    return values;
  };
  // As it is stored, so that it is inflated outside of HDF5's lock.
  if (type == "float32") {
    const auto values = read(H5T_NATIVE_FLOAT, float{});
    return {values.begin(), values.end()};
  }
  return read(H5T_NATIVE_DOUBLE, double{});
}

std::vector<std::uint8_t> ForeignFile::bytes(const std::string& path, std::int64_t first,
                                             std::int64_t count) const {
  Shape shape;
  {
    const Hdf5Lock lock(impl_->path().native());
    if (const std::string type = impl_->dataset(path)->type; type != "uint8")
      throw error("{} is {}, uint8 is needed", impl_->where(path), type);
    shape = impl_->check_rows(path, first, count);
  }
  std::vector<std::uint8_t> values(static_cast<std::size_t>(elements_of(shape)));
  impl_->read_rows(path, H5T_NATIVE_UINT8, first, shape, std::as_writable_bytes(std::span(values)));
  return values;
}

std::vector<std::vector<std::uint8_t>> ForeignFile::sequences(const std::string& path,
                                                              std::int64_t first,
                                                              std::int64_t count) const {
  const Hdf5Lock lock(impl_->path().native());
  const auto dataset = impl_->dataset(path);
  const Shape shape = impl_->check_rows(path, first, count);
  if (shape.size() != 1)
    throw error("{} has {} axes, one list a row is needed", impl_->where(path), shape.size());
  return read_byte_lists(*dataset, first, shape, kLargestSequence, impl_->where(path));
}

bool ForeignFile::has_attribute(const std::string& path, const std::string& name) const {
  const Hdf5Lock lock(impl_->path().native());
  return impl_->links().exists(path) && H5Aexists(impl_->links().open(path), name.c_str()) > 0;
}

Json ForeignFile::attribute(const std::string& path, const std::string& name) const {
  const Hdf5Lock lock(impl_->path().native());
  const Handle object = impl_->links().open(path);
  if (H5Aexists(object, name.c_str()) <= 0)
    throw error("{} has no attribute {}", impl_->where(path), name);
  return read_attribute(object, name, impl_->where(path));
}

bool natural_less(std::string_view a, std::string_view b) {
  const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  const auto take_number = [&](std::string_view& text) {
    std::size_t end = 0;
    while (end < text.size() && is_digit(text[end])) ++end;
    std::string_view digits = text.substr(0, end);
    text.remove_prefix(end);
    while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
    return digits;
  };
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view x = take_number(a), y = take_number(b);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
    } else {
      if (a.front() != b.front()) return a.front() < b.front();
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.size() < b.size();
}

}  // namespace dreamer::io
