#pragma once

#include <string>
#include <vector>

#include "media/canvas.h"

namespace dreamer::media {

/// The largest number that a chart shows, of either sign: beyond it the difference of two
/// overflows.
inline constexpr double kLargestShown = 1e300;

/// A line of a chart through its points, in ascending order of x; numbers up to kLargestShown.
struct Series {
  std::string name;               // in the legend; empty: not there
  std::vector<double> x, y;       // [N]
  std::vector<double> low, high;  // [N]: a band between them; empty: none
  Color color;
};

/// Lines over one pair of axes, the first on top.
struct Chart {
  std::string y_label = {}, x_label = {};
  std::vector<Series> series = {};
  /// What is only there to compare with: under the lines, and not beyond the range of their x.
  std::vector<Series> references = {};
  bool from_zero = false;  // the vertical axis holds 0
  /// Logarithmic axes: what is not above 0 has no place on them and is left out.
  bool log_x = false, log_y = false;
};

/// The colour of the i-th line of a chart; they repeat.
[[nodiscard]] Color line_color(std::size_t i);

/// An interval of an axis, wide enough to tell its ends apart in a canvas: numbers that agree in
/// all but their last bits are drawn as equal, in the middle.
struct Interval {
  double low = 0, high = 1;
  bool operator==(const Interval&) const = default;
};
[[nodiscard]] Interval drawable(double low, double high);

/// Numbers of the form {1, 2, 5}·10^k a step apart, at most about `most` of them and three, the
/// first not above `low` and the last not below `high`, of a drawable interval.
[[nodiscard]] std::vector<double> ticks(Interval interval, int most);

/// The same on a logarithmic axis, as powers of 10 with {1, 2, 5} before them where there are few:
/// takes and gives logarithms.
[[nodiscard]] std::vector<double> log_ticks(Interval interval);

/// A number as an axis says it: 0.05, 12, 200k, 1.5M.
[[nodiscard]] std::string tick_label(double value);

/// The chart with axes, labels and legend, in letters of `size` pixels a font pixel.
[[nodiscard]] Canvas draw(const Chart& chart, int height, int width, int size);

}  // namespace dreamer::media
