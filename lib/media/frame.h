#pragma once

#include <cstdint>
#include <vector>

namespace dreamer::media {

/// More pixels of one image are refused before they take memory.
inline constexpr std::int64_t kMostPixels = std::int64_t{1} << 26;

/// An image that was decoded.
struct Frame {
  std::int64_t height = 0, width = 0, channels = 0;  // 1 grey, 3 RGB, 4 with alpha
  std::vector<std::uint8_t> pixels;                  // [Y,X,C]
};

}  // namespace dreamer::media
