#include "core/number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>
#include <utility>

namespace dreamer {
namespace {

template <class T>
std::optional<T> parse(std::string_view text) {
  T value{};
  const char* const end = text.data() + text.size();
  // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): its end is the second argument
  const auto [after, status] = std::from_chars(text.data(), end, value);
  if (status != std::errc() || after != end) return std::nullopt;
  return value;
}

}  // namespace

double as_printed(float value) {
  if (!std::isfinite(value)) return static_cast<double>(value);
  std::array<char, 32> digits{};
  // With an exponent: without one, large numbers would be written to the last digit.
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                        std::chars_format::scientific)
                              .ptr;
  double nearest = 0;
  std::from_chars(digits.data(), end, nearest);
  return nearest;
}

Json as_printed(Json values) {
  if (values.is_number_float()) return as_printed(values.get<float>());
  if (values.is_structured())
    for (Json& value : values) value = as_printed(std::move(value));
  return values;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  return parse<std::int64_t>(text);
}

std::optional<double> parse_real(std::string_view text) {
  const auto value = parse<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  constexpr std::array<std::string_view, 4> kUnits = {"kK", "mM", "gG", "tT"};
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto count = parse_integer(text.substr(0, digits));
  if (!count) return std::nullopt;
  std::string_view unit = text.substr(digits);
  if (unit.empty()) return count;
  int shift = 0;
  for (std::size_t i = 0; i < kUnits.size(); ++i)
    if (kUnits[i].find(unit.front()) != std::string_view::npos)
      shift = 10 * static_cast<int>(i + 1);
  if (shift > 0) unit.remove_prefix(1);
  if (shift > 0 && unit.starts_with('i') && unit.size() > 1) unit.remove_prefix(1);
  if (!unit.empty() && unit != "b" && unit != "B") return std::nullopt;
  if (*count > std::numeric_limits<std::int64_t>::max() >> shift) return std::nullopt;
  return *count << shift;
}

}  // namespace dreamer
