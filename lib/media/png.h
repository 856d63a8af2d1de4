#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "media/canvas.h"
#include "media/frame.h"

namespace dreamer::media {

/// A canvas as a PNG file in memory: RGB, the same bytes for the same canvas.
[[nodiscard]] std::vector<std::byte> encode_png(const Canvas& canvas);

/// The image in a PNG file of 8 bits. @throws Error that begins with what is wrong with it
[[nodiscard]] Frame decode_png(std::span<const std::uint8_t> file);

}  // namespace dreamer::media
