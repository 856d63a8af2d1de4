#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dreamer::compare {

/// A quantity over another, in ascending order of x.
struct Line {
  std::vector<double> x, y;       // [N]
  std::vector<double> low, high;  // [N]: a band around y; empty: none
};

/// y at `x`, which lies within the line, on a straight line between its points.
[[nodiscard]] double value_at(const Line& line, double x);

/// How lines of several runs become one.
struct Aggregation {
  std::string center = "mean";  // or iqm, the interquartile mean
  std::string band = "std";     // or minmax, ci95 (of the mean, by bootstrap), none
};
[[nodiscard]] const std::vector<std::string>& centers();
[[nodiscard]] const std::vector<std::string>& bands();

/// The center of some lines and its band, at every x of one of them that all of them reach; between
/// the points of a line lies what a straight line says. A single line stays as it is.
/// @throws Error if there is no x that all reach
[[nodiscard]] Line aggregate(const std::vector<Line>& lines, const Aggregation& how);

/// Each y as the mean of the `window` points around it; fewer at the ends.
[[nodiscard]] Line smoothed(const Line& line, std::int64_t window);

/// The mean height of a line: the area under it by its width.
[[nodiscard]] double mean_height(const Line& line);

}  // namespace dreamer::compare
