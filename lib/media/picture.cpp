#include "media/picture.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"

namespace dreamer::media {
namespace {

std::size_t offset(const Picture& picture, int y, int x) {
  return (static_cast<std::size_t>(y) * picture.width + x) * 3;
}

}  // namespace

Color blend(Color over, Color under, double strength) {
  const auto mix = [strength](std::uint8_t a, std::uint8_t b) {
    return static_cast<std::uint8_t>(std::lround(strength * a + (1 - strength) * b));
  };
  return {mix(over.red, under.red), mix(over.green, under.green), mix(over.blue, under.blue)};
}

Picture::Picture(int height_, int width_, Color color)
    : height(height_), width(width_), rgb(static_cast<std::size_t>(height_) * width_ * 3) {
  fill(0, 0, height, width, color);
}

Color Picture::at(int y, int x) const {
  const std::uint8_t* pixel = &rgb.at(offset(*this, y, x));
  return {pixel[0], pixel[1], pixel[2]};
}

void Picture::set(int y, int x, Color color) { fill(y, x, 1, 1, color); }

void Picture::fill(int y, int x, int rows, int columns, Color color) {
  const int bottom = std::min(y + rows, height), right = std::min(x + columns, width);
  for (int row = std::max(y, 0); row < bottom; ++row)
    for (int column = std::max(x, 0); column < right; ++column) {
      std::uint8_t* pixel = &rgb[offset(*this, row, column)];
      pixel[0] = color.red;
      pixel[1] = color.green;
      pixel[2] = color.blue;
    }
}

Picture picture_of(std::span<const std::uint8_t> pixels, std::int64_t height, std::int64_t width,
                   std::int64_t channels) {
  if (channels != 1 && channels != 3)
    throw error("images with {} channels cannot be shown; 1 (grey) or 3 (RGB) are needed",
                channels);
  Picture picture(static_cast<int>(height), static_cast<int>(width));
  for (std::size_t i = 0; i < picture.rgb.size(); ++i)
    picture.rgb[i] = pixels[channels == 3 ? i : i / 3];
  return picture;
}

Picture enlarge(const Picture& picture, int factor) {
  Picture result(picture.height * factor, picture.width * factor);
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x)
      result.fill(y * factor, x * factor, factor, factor, picture.at(y, x));
  return result;
}

void paste(Picture& canvas, const Picture& picture, int y, int x) {
  const int left = std::max(0, -x), right = std::min(picture.width, canvas.width - x);
  if (left >= right) return;
  for (int row = std::max(0, -y); row < std::min(picture.height, canvas.height - y); ++row)
    std::copy_n(&picture.rgb[offset(picture, row, left)], (right - left) * 3,
                &canvas.rgb[offset(canvas, y + row, x + left)]);
}

Picture beside(std::span<const Picture> pictures, int gap) {
  int height = 0, width = pictures.empty() ? 0 : -gap;
  for (const Picture& picture : pictures) {
    height = std::max(height, picture.height);
    width += picture.width + gap;
  }
  Picture result(height, width);
  int x = 0;
  for (const Picture& picture : pictures) {
    paste(result, picture, 0, x);
    x += picture.width + gap;
  }
  return result;
}

Picture below(std::span<const Picture> pictures, int gap) {
  int width = 0, height = pictures.empty() ? 0 : -gap;
  for (const Picture& picture : pictures) {
    width = std::max(width, picture.width);
    height += picture.height + gap;
  }
  Picture result(height, width);
  int y = 0;
  for (const Picture& picture : pictures) {
    paste(result, picture, y, 0);
    y += picture.height + gap;
  }
  return result;
}

Picture grid(std::span<const Picture> pictures, int columns, int gap) {
  if (pictures.empty()) return {};
  const int count = static_cast<int>(pictures.size());
  columns = std::clamp(columns, 1, count);
  const int rows = (count + columns - 1) / columns;
  int height = 0, width = 0;
  for (const Picture& picture : pictures) {
    height = std::max(height, picture.height);
    width = std::max(width, picture.width);
  }
  Picture result(rows * (height + gap) - gap, columns * (width + gap) - gap);
  for (int i = 0; i < count; ++i)
    paste(result, pictures[i], i / columns * (height + gap), i % columns * (width + gap));
  return result;
}

Picture border(const Picture& picture, int thickness, Color color) {
  Picture result(picture.height + 2 * thickness, picture.width + 2 * thickness, color);
  paste(result, picture, thickness, thickness);
  return result;
}

Picture faded(Picture picture, double strength) {
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x)
      picture.set(y, x, blend(picture.at(y, x), theme::kBackground, strength));
  return picture;
}

Picture error_picture(const Picture& truth, const Picture& model) {
  if (truth.height != model.height || truth.width != model.width)
    throw error("frames of {}x{} and {}x{} pixels cannot be compared", truth.height, truth.width,
                model.height, model.width);
  Picture result = truth;
  for (std::size_t i = 0; i < result.rgb.size(); ++i)
    result.rgb[i] = static_cast<std::uint8_t>((256 + model.rgb[i] - truth.rgb[i]) / 2);
  return result;
}

}  // namespace dreamer::media
