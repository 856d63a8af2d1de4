#pragma once

#include <cstddef>
#include <vector>

#include "media/canvas.h"

namespace dreamer::media {

/// A canvas as a PNG file in memory: RGB, the same bytes for the same canvas.
[[nodiscard]] std::vector<std::byte> encode_png(const Canvas& canvas);

}  // namespace dreamer::media
