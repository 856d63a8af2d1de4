#include "env/tolerance.h"

#include <cmath>

namespace dreamer::env {
namespace {

// The compiler would fold pow(x, 2.0) into x·x if it knew the exponent.
const volatile double kTwo = 2.0;

double square(double x, Square how) { return how == Square::array ? x * x : std::pow(x, kTwo); }

}  // namespace

double tolerance(double x, Bounds bounds, Margin margin) {
  if (bounds.lower <= x && x <= bounds.upper) return 1.0;
  if (margin.width == 0) return 0.0;
  const double distance = (x < bounds.lower ? bounds.lower - x : x - bounds.upper) / margin.width;
  switch (margin.sigmoid) {
    case Sigmoid::gaussian: {
      const double scale = std::sqrt(-2 * std::log(margin.value));
      return std::exp(-0.5 * square(distance * scale, margin.square));
    }
    case Sigmoid::linear: {
      const double scaled = distance * (1 - margin.value);
      return std::abs(scaled) < 1 ? 1 - scaled : 0.0;
    }
    case Sigmoid::quadratic: {
      const double scaled = distance * std::sqrt(1 - margin.value);
      return std::abs(scaled) < 1 ? 1 - square(scaled, margin.square) : 0.0;
    }
  }
  return 0.0;
}

}  // namespace dreamer::env
