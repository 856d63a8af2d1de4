#include "core/number.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace dreamer {

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

}  // namespace dreamer
