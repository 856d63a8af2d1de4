#include "media/layout.h"

#include <algorithm>

#include "media/text.h"

namespace dreamer::media {

Layout::Layout(std::int64_t scale_, std::int64_t height, std::int64_t width)
    : scale(static_cast<int>(scale_)),
      tile_height(static_cast<int>(height * scale_)),
      tile_width(static_cast<int>(width * scale_)),
      text(std::clamp(tile_width / 90, 1, 2)),
      size(std::clamp(tile_width / 120, 1, 2)),
      gap(4 * size),
      frame(2 * size) {}

std::int64_t fitting_scale(std::int64_t wanted, int height, int width,
                           const std::function<Picture(std::int64_t)>& draw) {
  if (wanted > 0) return wanted;
  for (std::int64_t scale = 8; scale > 1; --scale) {
    const Picture picture = draw(scale);
    if (picture.height <= height && picture.width <= width) return scale;
  }
  return 1;
}

int even_columns(std::int64_t count, std::int64_t most) {
  const std::int64_t rows = (count + most - 1) / most;
  return static_cast<int>((count + rows - 1) / rows);
}

Picture titled(const Picture& body, const Text& left, const Text& right, const Layout& layout) {
  const int size = layout.text, margin = 2 * layout.gap;
  const int title = text_height(size) + layout.gap;
  const int texts =
      text_width(left.text, size) + text_width(right.text, size) + 2 * text_width(" ", size);
  const int width = std::max(body.width, texts);
  Picture picture(body.height + title + 2 * margin, width + 2 * margin);
  draw_text(picture, margin, margin, left.text, left.color, size);
  draw_text(picture, margin, margin + width - text_width(right.text, size), right.text, right.color,
            size);
  paste(picture, body, margin + title, margin);
  return picture;
}

Picture label(const Text& text, int height, int width, const Layout& layout) {
  const int size = layout.text;
  Picture picture(height, width);
  // the two rows below the baseline do not count for the middle that the eye sees
  draw_text(picture, (height - text_height(size)) / 2 + size,
            (width - text_width(text.text, size)) / 2, text.text, text.color, size);
  return picture;
}

}  // namespace dreamer::media
