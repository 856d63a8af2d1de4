#include "config/feature_maps.h"

#include <algorithm>

#include "core/error.h"

namespace dreamer {

std::vector<FeatureMap> feature_maps(const ImageShape& image, std::int64_t depth) {
  constexpr std::int64_t kKernel = 4, kSmall = 4;
  if (std::min(image.height, image.width) < kKernel)
    throw error("images are {}x{}; the convolutions need at least {} rows and columns",
                image.height, image.width, kKernel);
  std::vector<FeatureMap> maps;
  FeatureMap map{image.channels, image.height, image.width};
  while (maps.empty() ||
         (std::max(map.height, map.width) > kSmall && std::min(map.height, map.width) >= kKernel)) {
    map = {depth << maps.size(), (map.height - kKernel) / 2 + 1, (map.width - kKernel) / 2 + 1};
    maps.push_back(map);
  }
  return maps;
}

}  // namespace dreamer
