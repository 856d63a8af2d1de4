#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "media/picture.h"

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

/// A strip with line plots over time, a cursor at step `now` (curves are faint after it; no cursor
/// if `now` is negative); the first curve lies on top; and a caption above: "reward 0.84", the
/// value at the cursor behind the name, one such entry for each curve.
/// @param names one a curve
[[nodiscard]] Picture plot(std::span<const Curve> curves, const std::vector<std::string>& names,
                           Range range, std::int64_t now, const PlotStyle& style);

}  // namespace dreamer::media
