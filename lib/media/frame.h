#pragma once

#include <cstdint>
#include <vector>

namespace dreamer::media {

/// An image that was decoded.
struct Frame {
  std::int64_t height = 0, width = 0, channels = 0;  // 1 grey, 3 RGB, 4 with alpha
  std::vector<std::uint8_t> pixels;                  // [Y,X,C]
};

}  // namespace dreamer::media
