#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/json.h"

namespace dreamer::io {

// What an attribute says, whatever HDF5 type its writer chose. The one place where programs,
// readers and `dr-info --check` take it from.

/// The value as T: text (std::string), bool, std::int64_t, double, or a vector of numbers; nothing
/// if it says no such thing. An array of one is its only value; a whole real is an integer; an
/// integer is a real; 0 and 1 are booleans; an empty attribute is an empty text.
template <class T>
[[nodiscard]] std::optional<T> value_as(const Json& value);

template <>
std::optional<std::string> value_as(const Json& value);
template <>
std::optional<std::int64_t> value_as(const Json& value);
template <>
std::optional<double> value_as(const Json& value);
template <>
std::optional<bool> value_as(const Json& value);
template <>
std::optional<std::vector<std::int64_t>> value_as(const Json& value);
template <>
std::optional<std::vector<double>> value_as(const Json& value);

/// What `value_as<T>` gives, for messages: "an integer".
template <class T>
[[nodiscard]] constexpr std::string_view name_of() {
  if constexpr (std::is_same_v<T, std::string>)
    return "text";
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return "an integer";
  else if constexpr (std::is_same_v<T, double>)
    return "a number";
  else if constexpr (std::is_same_v<T, bool>)
    return "a boolean";
  else
    return "an array of numbers";
}

/// What a value is, for messages: "text", "an array of 7", "1.5".
[[nodiscard]] std::string description(const Json& value);

}  // namespace dreamer::io
