#pragma once

#include <cstdint>
#include <vector>

#include "core/signature.h"

namespace dreamer {

/// The image that a convolution makes.
struct FeatureMap {
  std::int64_t channels, height, width;
  [[nodiscard]] std::int64_t size() const { return channels * height * width; }
};

/// What each convolution of the encoder makes of an image: kernel 4, stride 2, until both sides are
/// at most 4, or as long as both sides are at least 4; the channels double. Of 64×64 images the
/// paper's four: 31, 14, 6, 2.
/// @throws Error if a side of the image is below 4
[[nodiscard]] std::vector<FeatureMap> feature_maps(const ImageShape& image, std::int64_t depth);

}  // namespace dreamer
