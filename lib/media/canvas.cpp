#include "media/canvas.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"

namespace dreamer::media {
namespace {

std::size_t offset(const Canvas& canvas, int y, int x) {
  return (static_cast<std::size_t>(y) * canvas.width + x) * 3;
}

}  // namespace

Color blend(Color over, Color under, double strength) {
  const auto mix = [strength](std::uint8_t a, std::uint8_t b) {
    return static_cast<std::uint8_t>(std::lround(strength * a + (1 - strength) * b));
  };
  return {mix(over.red, under.red), mix(over.green, under.green), mix(over.blue, under.blue)};
}

Canvas::Canvas(int height_, int width_, Color color)
    : height(height_), width(width_), rgb(static_cast<std::size_t>(height_) * width_ * 3) {
  fill(0, 0, height, width, color);
}

Color Canvas::at(int y, int x) const {
  const std::uint8_t* pixel = &rgb.at(offset(*this, y, x));
  return {pixel[0], pixel[1], pixel[2]};
}

void Canvas::set(int y, int x, Color color) { fill(y, x, 1, 1, color); }

void Canvas::fill(int y, int x, int rows, int columns, Color color) {
  const int bottom = std::min(y + rows, height), right = std::min(x + columns, width);
  for (int row = std::max(y, 0); row < bottom; ++row)
    for (int column = std::max(x, 0); column < right; ++column) {
      std::uint8_t* pixel = &rgb[offset(*this, row, column)];
      pixel[0] = color.red;
      pixel[1] = color.green;
      pixel[2] = color.blue;
    }
}

Canvas canvas_of(std::span<const std::uint8_t> pixels, std::int64_t height, std::int64_t width,
                 std::int64_t channels) {
  if (channels != 1 && channels != 3)
    throw error("images with {} channels cannot be shown; 1 (grey) or 3 (RGB) are needed",
                channels);
  Canvas canvas(static_cast<int>(height), static_cast<int>(width));
  for (std::size_t i = 0; i < canvas.rgb.size(); ++i)
    canvas.rgb[i] = pixels[channels == 3 ? i : i / 3];
  return canvas;
}

Canvas enlarge(const Canvas& canvas, int factor) {
  Canvas result(canvas.height * factor, canvas.width * factor);
  for (int y = 0; y < canvas.height; ++y)
    for (int x = 0; x < canvas.width; ++x)
      result.fill(y * factor, x * factor, factor, factor, canvas.at(y, x));
  return result;
}

void paste(Canvas& canvas, const Canvas& tile, int y, int x) {
  const int left = std::max(0, -x), right = std::min(tile.width, canvas.width - x);
  if (left >= right) return;
  for (int row = std::max(0, -y); row < std::min(tile.height, canvas.height - y); ++row)
    std::copy_n(&tile.rgb[offset(tile, row, left)], (right - left) * 3,
                &canvas.rgb[offset(canvas, y + row, x + left)]);
}

Canvas beside(std::span<const Canvas> canvases, int gap) {
  int height = 0, width = canvases.empty() ? 0 : -gap;
  for (const Canvas& canvas : canvases) {
    height = std::max(height, canvas.height);
    width += canvas.width + gap;
  }
  Canvas result(height, width);
  int x = 0;
  for (const Canvas& canvas : canvases) {
    paste(result, canvas, 0, x);
    x += canvas.width + gap;
  }
  return result;
}

Canvas below(std::span<const Canvas> canvases, int gap) {
  int width = 0, height = canvases.empty() ? 0 : -gap;
  for (const Canvas& canvas : canvases) {
    width = std::max(width, canvas.width);
    height += canvas.height + gap;
  }
  Canvas result(height, width);
  int y = 0;
  for (const Canvas& canvas : canvases) {
    paste(result, canvas, y, 0);
    y += canvas.height + gap;
  }
  return result;
}

Canvas grid(std::span<const Canvas> canvases, int columns, int gap) {
  if (canvases.empty()) return {};
  const int count = static_cast<int>(canvases.size());
  columns = std::clamp(columns, 1, count);
  const int rows = (count + columns - 1) / columns;
  int height = 0, width = 0;
  for (const Canvas& canvas : canvases) {
    height = std::max(height, canvas.height);
    width = std::max(width, canvas.width);
  }
  Canvas result(rows * (height + gap) - gap, columns * (width + gap) - gap);
  for (int i = 0; i < count; ++i)
    paste(result, canvases[i], i / columns * (height + gap), i % columns * (width + gap));
  return result;
}

Canvas border(const Canvas& canvas, int thickness, Color color) {
  Canvas result(canvas.height + 2 * thickness, canvas.width + 2 * thickness, color);
  paste(result, canvas, thickness, thickness);
  return result;
}

Canvas faded(Canvas canvas, double strength) {
  for (int y = 0; y < canvas.height; ++y)
    for (int x = 0; x < canvas.width; ++x)
      canvas.set(y, x, blend(canvas.at(y, x), theme::kBackground, strength));
  return canvas;
}

Canvas error_canvas(const Canvas& truth, const Canvas& model) {
  if (truth.height != model.height || truth.width != model.width)
    throw error("frames of {}x{} and {}x{} pixels cannot be compared", truth.height, truth.width,
                model.height, model.width);
  Canvas result = truth;
  for (std::size_t i = 0; i < result.rgb.size(); ++i)
    result.rgb[i] = static_cast<std::uint8_t>((256 + model.rgb[i] - truth.rgb[i]) / 2);
  return result;
}

}  // namespace dreamer::media
