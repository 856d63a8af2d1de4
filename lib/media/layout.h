#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "media/picture.h"

namespace dreamer::media {

/// The measures that follow from how large frames are shown; in pixels.
struct Layout {
  int scale = 1;        // of a frame's pixel
  int tile_height = 0;  // of an enlarged frame
  int tile_width = 0;
  int text = 1;   // side of a font pixel in titles and labels
  int size = 1;   // the same in plots, and the thickness of their lines
  int gap = 4;    // between tiles
  int frame = 2;  // thickness of a coloured border

  Layout(std::int64_t scale, std::int64_t height, std::int64_t width);
};

/// The largest scale of at most 8 at which `draw(scale)` fits `width` x `height` pixels, at least
/// 1; `wanted` itself unless it is 0.
[[nodiscard]] std::int64_t fitting_scale(std::int64_t wanted, int height, int width,
                                         const std::function<Picture(std::int64_t)>& draw);

/// How many columns `count` tiles take in rows of at most `most` when the rows are filled evenly.
[[nodiscard]] int even_columns(std::int64_t count, std::int64_t most);

struct Text {
  std::string text;
  Color color = theme::kText;
};

/// `body` with a margin around it and a line above: texts at its left and its right end.
[[nodiscard]] Picture titled(const Picture& body, const Text& left, const Text& right,
                             const Layout& layout);

/// A picture of `height` x `width` pixels with text in its middle.
[[nodiscard]] Picture label(const Text& text, int height, int width, const Layout& layout);

}  // namespace dreamer::media
