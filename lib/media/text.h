#pragma once

#include <string_view>

#include "media/canvas.h"

namespace dreamer::media {

// Text in a built-in bitmap font: glyphs of 5x7 pixels and two rows below the baseline, all of the
// same width, for ASCII; any other byte shows as '?'. `size` is the side of a font pixel.

[[nodiscard]] int text_width(std::string_view text, int size);
[[nodiscard]] int text_height(int size);
/// Draws `text` with the upper left corner of its first glyph at (y, x), clipped to the canvas.
void draw_text(Canvas& canvas, int y, int x, std::string_view text, Color color, int size);

}  // namespace dreamer::media
