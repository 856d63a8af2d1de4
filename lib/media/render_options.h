#pragma once

#include <cstdint>

namespace dreamer::media {

/// How episodes and dreams are shown.
struct RenderOptions {
  std::int64_t scale = 0;    // pixels a pixel becomes; 0: as large as fits a screen
  std::int64_t columns = 0;  // of a grid, or of a strip; 0: as reads best
  std::int64_t row = -1;     // a canvas: of this row alone; -1: a strip of frames
  bool overlay = false;      // curves of reward and value under the frames
};

}  // namespace dreamer::media
