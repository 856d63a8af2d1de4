#include "core/number.h"

#include <array>
#include <charconv>
#include <cmath>

namespace dreamer {

double as_printed(float value) {
  if (!std::isfinite(value)) return static_cast<double>(value);
  std::array<char, 32> digits{};
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  double nearest = 0;
  std::from_chars(digits.data(), end, nearest);
  return nearest;
}

}  // namespace dreamer
