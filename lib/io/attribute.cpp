#include "io/attribute.h"

#include <cstring>
#include <vector>

namespace dreamer::io {
namespace {

constexpr std::size_t kLargestAttribute = 256 << 20;  // bytes; ours are far smaller

Json as_array_if(bool array, std::vector<Json> values) {
  if (!array) return values.empty() ? Json() : std::move(values.front());
  return Json(std::move(values));
}

template <class T>
std::vector<Json> numbers(hid_t attribute, hid_t memory, std::size_t count,
                          const std::string& where) {
  std::vector<T> values(count);
  if (count > 0) check(H5Aread(attribute, memory, values.data()), where);
  return {values.begin(), values.end()};
}

std::vector<Json> fixed_texts(hid_t attribute, hid_t type, std::size_t count,
                              const std::string& where) {
  const std::size_t size = H5Tget_size(type);
  std::vector<char> buffer(count * size);
  check(H5Aread(attribute, type, buffer.data()), where);
  std::vector<Json> texts;
  for (std::size_t i = 0; i < count; ++i) {
    const char* const text = buffer.data() + i * size;
    texts.emplace_back(std::string(text, ::strnlen(text, size)));
  }
  return texts;
}

std::vector<Json> variable_texts(hid_t attribute, hid_t type, hid_t space, std::size_t count,
                                 const std::string& where) {
  std::vector<char*> pointers(count, nullptr);
  check(H5Aread(attribute, type, pointers.data()), where);
  std::vector<Json> texts;
  for (const char* text : pointers) texts.emplace_back(text == nullptr ? "" : text);
  H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data());
  return texts;
}

}  // namespace

Json read_attribute(hid_t object, const std::string& name, const std::string& where) {
  const std::string place = where + "/@" + name;
  const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), place);
  const Handle type(H5Aget_type(attribute), place);
  const Handle space(H5Aget_space(attribute), place);
  if (H5Sget_simple_extent_type(space) == H5S_NULL) return {};
  const bool array = H5Sget_simple_extent_ndims(space) > 0;
  const auto count = static_cast<std::size_t>(check(H5Sget_simple_extent_npoints(space), place));
  const std::size_t size = H5Tget_size(type);
  if (size == 0 || count > kLargestAttribute / size) throw error("{} is damaged: too large", place);

  switch (H5Tget_class(type)) {
    case H5T_STRING: {
      const Handle memory(H5Tget_native_type(type, H5T_DIR_ASCEND), place);
      return as_array_if(array, H5Tis_variable_str(type) > 0
                                    ? variable_texts(attribute, memory, space, count, place)
                                    : fixed_texts(attribute, memory, count, place));
    }
    case H5T_INTEGER: {
      auto values = numbers<std::int64_t>(attribute, H5T_NATIVE_INT64, count, place);
      const bool flag = !array && size == 1 && H5Tget_sign(type) == H5T_SGN_NONE;
      if (flag && values.front() <= 1) return values.front() == 1;
      return as_array_if(array, std::move(values));
    }
    case H5T_FLOAT:
      return as_array_if(array, numbers<double>(attribute, H5T_NATIVE_DOUBLE, count, place));
    case H5T_ENUM: {  // h5py's booleans
      const Handle base(H5Tget_super(type), place);
      if (array || H5Tget_size(base) != 1) return "<enumeration>";
      const Handle memory(H5Tget_native_type(type, H5T_DIR_ASCEND), place);
      std::int8_t value = 0;
      check(H5Aread(attribute, memory, &value), place);
      return value != 0;
    }
    default:
      return "<compound>";
  }
}

}  // namespace dreamer::io
