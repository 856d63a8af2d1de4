#pragma once

#include <limits>

namespace dreamer::env {

/// How a tolerance falls off outside its bounds.
enum class Sigmoid { gaussian, linear, quadratic };

/// NumPy squares the elements of an array as x·x but a scalar as pow(x, 2), and the two differ in
/// the last bit now and then. dm_control does both; a task says which one it mirrors.
enum class Square { array, scalar };

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Where a tolerance is 1.
struct Bounds {
  double lower = 0, upper = 0;
};

/// How it falls off outside; margin 0: straight to 0.
struct Margin {
  double width = 0;  // at this distance from the bounds the value is `value`
  Sigmoid sigmoid = Sigmoid::gaussian;
  double value = 0.1;
  Square square = Square::array;
};

/// 1 where x lies inside the bounds, falling to 0 outside: `rewards.tolerance` of dm_control (Tassa
/// et al., arXiv 1801.00690, section 4), equal to the last bit.
[[nodiscard]] double tolerance(double x, Bounds bounds, Margin margin = {});

}  // namespace dreamer::env
