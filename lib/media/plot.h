#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "media/canvas.h"

namespace dreamer::media {

/// The range of a plot's vertical axis.
struct Range {
  double low = 0, high = 0;
  /// Widens the range to hold the finite ones of these values.
  void include(std::span<const float> values);
};

/// A quantity over time.
struct Curve {
  std::span<const float> values;  // [T]; gaps where they are not finite
  Color color;
};

/// What a plot looks like, beside its curves.
struct PlotStyle {
  int width = 0, height = 0;  // of the panel with its caption
  int size = 1;               // thickness of lines and side of a font pixel
};

/// The room for a plot's caption: an entry a curve, side by side if all of them fit a width of
/// `width` pixels whatever values in `range` stand behind the names, else one below the other.
struct Caption {
  int lines = 1;
  int width = 0;  // of the caption
};
enum class Values { shown, left_out };
[[nodiscard]] Caption caption_of(const std::vector<std::string>& names, Range range, Values values,
                                 int width, int size);

/// The style of a plot at least `width` pixels wide that holds its caption, with `panel` pixels and
/// a line of the caption in height.
[[nodiscard]] PlotStyle plot_style(const std::vector<std::string>& names, Range range,
                                   Values values, int width, int panel, int size);

/// A strip with line plots over time, a cursor at step `now` (curves are faint after it; no cursor
/// if `now` is negative); the first curve lies on top; and a caption above: "reward 0.84", the
/// value at the cursor behind the name, one such entry for each curve.
/// @param names one a curve
[[nodiscard]] Canvas plot(std::span<const Curve> curves, const std::vector<std::string>& names,
                          Range range, std::int64_t now, const PlotStyle& style);

}  // namespace dreamer::media
