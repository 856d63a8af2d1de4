#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "data/episode.h"

namespace dreamer::data {

/// An episode and where its frames come from: its own images, or `draw`, which makes the frame of a
/// row when it is asked for. `episode.image_shape` is that of the frames.
struct Footage {
  using Draw = std::function<std::vector<std::uint8_t>(std::int64_t row)>;  // [H,W,C]

  Footage(Episode shown, Draw drawn = {}) : episode(std::move(shown)), draw(std::move(drawn)) {}

  Episode episode;
  Draw draw;
};

}  // namespace dreamer::data
