#include "media/layout.h"

#include <algorithm>
#include <string_view>

#include "core/error.h"
#include "media/text.h"

namespace dreamer::media {

namespace {

constexpr std::int64_t kLargestFreeScale = 8;

/// The title's texts, with room between them.
std::int64_t title_width(std::string_view left, std::string_view right, int size) {
  return std::int64_t{text_width(left, size)} + text_width(right, size) + 2 * text_width(" ", size);
}

void require_drawable(Size size, const Fit& fit, const Layout& layout) {
  const RenderOptions& options = fit.options;
  if (size.height <= kLongestSide && size.width <= kLongestSide &&
      size.height * size.width <= fit.most_pixels)
    return;
  const std::string what =
      fmt::format("{}x{} pixels are too many to draw (at most {} a side and {} in all)", size.width,
                  size.height, kLongestSide, fit.most_pixels);
  if (options.scale > 0 && layout.scale > 1)
    throw usage_error("--scale {}: {}; use a smaller one", options.scale, what);
  if (options.columns > 0)
    throw usage_error("--columns {}: {}; give another number, or show fewer files at once",
                      options.columns, what);
  throw error("{}; show fewer files at once, or re-render them smaller (--size)", what);
}

}  // namespace

Size beside(std::span<const Size> sizes, std::int64_t gap) {
  Size all{0, sizes.empty() ? 0 : -gap};
  for (const Size& size : sizes) {
    all.height = std::max(all.height, size.height);
    all.width += size.width + gap;
  }
  return all;
}

Size below(std::span<const Size> sizes, std::int64_t gap) {
  Size all{sizes.empty() ? 0 : -gap, 0};
  for (const Size& size : sizes) {
    all.height += size.height + gap;
    all.width = std::max(all.width, size.width);
  }
  return all;
}

Layout::Layout(std::int64_t scale_, std::int64_t height, std::int64_t width) {
  if (std::max(height, width) > kLongestSide)
    throw error("images of {}x{} pixels are too large to show; {} is the longest side", width,
                height, kLongestSide);
  if (scale_ > kLongestSide / std::max({height, width, std::int64_t{1}}))
    throw usage_error(
        "--scale {}: images of {}x{} pixels become longer than {} pixels; use a smaller one",
        scale_, width, height, kLongestSide);
  scale = static_cast<int>(scale_);
  tile_height = static_cast<int>(height * scale_);
  tile_width = static_cast<int>(width * scale_);
  text = std::clamp(tile_width / 90, 1, 2);
  size = std::clamp(tile_width / 120, 1, 2);
  gap = 4 * size;
  frame = 2 * size;
}

Layout fitted(const Fit& fit) {
  const auto [height, width] = fit.frame;
  const std::int64_t most = kLongestSide / std::max({height, width, std::int64_t{1}});
  std::int64_t scale = fit.options.scale;
  if (scale == 0)
    for (scale = std::clamp<std::int64_t>(most, 1, kLargestFreeScale); scale > 1; --scale) {
      const Size whole = fit.measure({scale, height, width});
      if (whole.height <= fit.screen.height && whole.width <= fit.screen.width) break;
    }
  const Layout layout(scale, height, width);
  require_drawable(fit.measure(layout), fit, layout);
  return layout;
}

std::int64_t even_columns(std::int64_t count, std::int64_t most) {
  const std::int64_t rows = std::max<std::int64_t>((count + most - 1) / most, 1);
  return (count + rows - 1) / rows;
}

Size titled(Size body, std::string_view left, std::string_view right, const Layout& layout) {
  const int size = layout.text, margin = 2 * layout.gap;
  return {body.height + text_height(size) + layout.gap + 2 * margin,
          std::max(body.width, title_width(left, right, size)) + 2 * margin};
}

Canvas titled(const Canvas& body, const Text& left, const Text& right, const Layout& layout) {
  const int size = layout.text, margin = 2 * layout.gap;
  const Size whole = titled(Size{body.height, body.width}, left.text, right.text, layout);
  Canvas canvas(static_cast<int>(whole.height), static_cast<int>(whole.width));
  draw_text(canvas, margin, margin, left.text, left.color, size);
  draw_text(canvas, margin, canvas.width - margin - text_width(right.text, size), right.text,
            right.color, size);
  paste(canvas, body, margin + text_height(size) + layout.gap, margin);
  return canvas;
}

Canvas label(const Text& text, int height, int width, const Layout& layout) {
  const int size = layout.text;
  Canvas canvas(height, width);
  // the two rows below the baseline do not count for the middle that the eye sees
  draw_text(canvas, (height - text_height(size)) / 2 + size,
            (width - text_width(text.text, size)) / 2, text.text, text.color, size);
  return canvas;
}

}  // namespace dreamer::media
