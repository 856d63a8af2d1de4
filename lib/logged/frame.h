#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "media/decoder.h"

namespace dreamer::logged {

using media::Frame;

/// Gives the frames of an episode in order, one a call.
using NextFrame = std::function<Frame()>;

/// What to do where the wanted shape is not the camera's.
enum class Fit {
  stretch,  // each axis by itself: nothing is cut
  crop,     // the largest part in the middle that has the wanted shape
  pad       // the whole, with black beside it
};

/// How frames become images of an episode.
struct ImageOptions {
  std::int64_t height = 64, width = 64;
  Fit fit = Fit::stretch;
  bool flip = false;  // upside down
  bool bgr = false;   // blue first
  bool grey = false;  // one channel
};

/// The frame as an image [height, width, 3 or 1]. Smaller by the mean over the area, larger by
/// linear interpolation, both in integers: the same bytes on every machine.
/// @throws Error for a frame of other channels than 1, 3 or 4
[[nodiscard]] std::vector<std::uint8_t> draw(const Frame& frame, const ImageOptions& options);

}  // namespace dreamer::logged
