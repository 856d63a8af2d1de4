#include "io/attribute_value.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace dreamer::io {
namespace {

const Json& only(const Json& value) {
  return value.is_array() && value.size() == 1 ? value.front() : value;
}

template <class T>
std::optional<std::vector<T>> each_as(const Json& value) {
  if (!value.is_array()) return std::nullopt;
  std::vector<T> all;
  for (const Json& one : value) {
    const auto as = value_as<T>(one);
    if (!as) return std::nullopt;
    all.push_back(*as);
  }
  return all;
}

}  // namespace

template <>
std::optional<std::string> value_as(const Json& value) {
  const Json& one = only(value);
  if (one.is_null()) return "";
  if (!one.is_string()) return std::nullopt;
  return one.get<std::string>();
}

template <>
std::optional<std::int64_t> value_as(const Json& value) {
  const Json& one = only(value);
  if (one.is_boolean()) return one.get<bool>() ? 1 : 0;
  if (one.is_number_unsigned() &&
      one.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
    return std::nullopt;
  if (one.is_number_integer()) return one.get<std::int64_t>();
  constexpr double kExact = 9007199254740992;  // 2^53: beyond it a real is no one integer
  if (!one.is_number_float()) return std::nullopt;
  const auto real = one.get<double>();
  if (!(std::abs(real) <= kExact) || real != std::floor(real)) return std::nullopt;
  return static_cast<std::int64_t>(real);
}

template <>
std::optional<double> value_as(const Json& value) {
  const Json& one = only(value);
  if (one.is_boolean()) return one.get<bool>() ? 1 : 0;
  if (!one.is_number()) return std::nullopt;
  return one.get<double>();
}

template <>
std::optional<bool> value_as(const Json& value) {
  const auto integer = value_as<std::int64_t>(value);
  if (!integer || (*integer != 0 && *integer != 1)) return std::nullopt;
  return *integer == 1;
}

template <>
std::optional<std::vector<std::int64_t>> value_as(const Json& value) {
  return each_as<std::int64_t>(value);
}

template <>
std::optional<std::vector<double>> value_as(const Json& value) {
  return each_as<double>(value);
}

std::string description(const Json& value) {
  if (value.is_null()) return "empty";
  if (value.is_string()) return "text";
  if (value.is_array()) return fmt::format("an array of {}", value.size());
  if (value.is_object()) return fmt::format("of type {}", value.value("type", "unknown"));
  return value.dump();
}

}  // namespace dreamer::io
