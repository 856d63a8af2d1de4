#include "io/attribute.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/json.h"
#include "io/text_heap.h"

namespace dreamer::io {
namespace {

// Ours are far smaller. Several times as much is in memory while one is read.
constexpr std::size_t kLargest = kLongestJson;  // bytes
constexpr std::size_t kMostValues = std::size_t{1} << 20;
constexpr std::size_t kMostTexts = 64;  // of variable length, each of which may be as large

/// Stands for a value of a type that is read by nobody here.
Json foreign(std::string_view type) { return {{"type", type}}; }

Json as_array_if(bool array, std::vector<Json> values) {
  if (!array) return values.empty() ? Json() : std::move(values.front());
  return Json(std::move(values));
}

template <class T>
std::vector<Json> numbers(hid_t attribute, hid_t memory, std::size_t count,
                          const std::string& where) {
  std::vector<T> values(count);
  if (count > 0 && H5Aread(attribute, memory, values.data()) < 0) throw reading_failed(where);
  return {values.begin(), values.end()};
}

std::vector<Json> fixed_texts(hid_t attribute, hid_t type, std::size_t count,
                              const std::string& where) {
  const std::size_t size = H5Tget_size(type);
  const bool spaces = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
  std::vector<char> buffer(count * size);
  if (count > 0 && H5Aread(attribute, type, buffer.data()) < 0) throw reading_failed(where);
  std::vector<Json> texts;
  for (std::size_t i = 0; i < count; ++i) {
    const char* const begin = buffer.data() + i * size;
    std::string text(begin, ::strnlen(begin, size));
    if (spaces) text.resize(text.find_last_not_of(' ') + 1);
    texts.emplace_back(std::move(text));
  }
  return texts;
}

std::vector<Json> variable_texts(hid_t attribute, std::size_t count, const std::string& where) {
  const auto texts =
      read_variable_texts(attribute, count, kLargest / std::max<std::size_t>(count, 1), where);
  return {texts.begin(), texts.end()};
}

}  // namespace

Json read_attribute(hid_t object, const std::string& name, const std::string& where) {
  const std::string place = where + (where.ends_with('/') ? "@" : "/@") + name;
  const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), place);
  const Handle type(H5Aget_type(attribute), place);
  const Handle space(H5Aget_space(attribute), place);
  if (H5Sget_simple_extent_type(space) == H5S_NULL) return {};
  const bool array = H5Sget_simple_extent_ndims(space) > 0;
  const auto count = static_cast<std::size_t>(check(H5Sget_simple_extent_npoints(space), place));
  const std::size_t size = H5Tget_size(type);
  if (size == 0) throw error("{} is damaged: its values have no bytes", place);
  if (count > kMostValues || count > kLargest / size) return foreign("large");

  switch (H5Tget_class(type)) {
    case H5T_STRING: {
      const bool variable = H5Tis_variable_str(type) > 0;
      if (variable && count > kMostTexts) return foreign("texts");
      if (variable) return as_array_if(array, variable_texts(attribute, count, place));
      const Handle memory(H5Tget_native_type(type, H5T_DIR_ASCEND), place);
      return as_array_if(array, fixed_texts(attribute, memory, count, place));
    }
    case H5T_INTEGER: {
      const bool is_unsigned = H5Tget_sign(type) == H5T_SGN_NONE;
      if (is_unsigned && size >= sizeof(std::uint64_t))  // not all of them are int64
        return as_array_if(array,
                           numbers<std::uint64_t>(attribute, H5T_NATIVE_UINT64, count, place));
      auto values = numbers<std::int64_t>(attribute, H5T_NATIVE_INT64, count, place);
      if (!array && size == 1 && is_unsigned && values.front() <= 1) return values.front() == 1;
      return as_array_if(array, std::move(values));
    }
    case H5T_FLOAT:
      return as_array_if(array, numbers<double>(attribute, H5T_NATIVE_DOUBLE, count, place));
    case H5T_ENUM: {  // h5py's booleans
      const Handle base(H5Tget_super(type), place);
      if (count != 1 || size != 1 || H5Tget_size(base) != 1) return foreign("enumeration");
      const Handle memory(H5Tget_native_type(type, H5T_DIR_ASCEND), place);
      std::int8_t value = 0;
      if (H5Aread(attribute, memory, &value) < 0) throw reading_failed(place);
      return value != 0;
    }
    default:
      return foreign("compound");
  }
}

}  // namespace dreamer::io
