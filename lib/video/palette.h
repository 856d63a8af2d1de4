#pragma once

#include <cstdint>
#include <vector>

#include "media/video.h"

namespace dreamer::media {

/// The colours of a gif: up to 256, chosen once for all frames of a clip, so that nothing flickers,
/// and without dithering, which would sprinkle flat surfaces with dots.
class Palette {
 public:
  /// Median cut (Heckbert, SIGGRAPH 1982) over the colours of every frame, always splitting the box
  /// with the largest squared error at its mean. A clip with at most 256 colours keeps them
  /// exactly.
  explicit Palette(const Clip& clip);

  [[nodiscard]] const std::vector<Color>& colors() const { return colors_; }
  /// The number of the nearest colour.
  [[nodiscard]] std::uint8_t nearest(Color color) const;

 private:
  std::vector<Color> colors_;
  mutable std::vector<std::int16_t> known_;  // by colour of 24 bits: its number, -1 unknown
};

}  // namespace dreamer::media
