#include "logged/frame.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace dreamer::logged {
namespace {

/// A weighted sum of source positions; the weights of all sums of an axis have the same total.
struct Sum {
  std::int64_t first = 0;
  std::vector<std::int64_t> weights;
};
struct Axis {
  std::vector<Sum> sums;
  std::int64_t total = 1;
};

/// From `source` positions to `target`.
Axis resample(std::int64_t source, std::int64_t target) {
  Axis axis;
  if (target <= source) {  // the mean over the area; positions in units of 1/target
    axis.total = source;
    for (std::int64_t i = 0; i < target; ++i) {
      const std::int64_t begin = i * source, end = begin + source;
      Sum sum{.first = begin / target, .weights = {}};
      for (std::int64_t j = sum.first; j * target < end; ++j)
        sum.weights.push_back(std::min(end, (j + 1) * target) - std::max(begin, j * target));
      axis.sums.push_back(std::move(sum));
    }
  } else {  // linear between centres; positions in units of 1/(2·target)
    axis.total = 2 * target;
    for (std::int64_t i = 0; i < target; ++i) {
      const std::int64_t at =
          std::clamp<std::int64_t>((2 * i + 1) * source - target, 0, (source - 1) * axis.total);
      const std::int64_t beyond = at % axis.total;
      Sum sum{.first = at / axis.total, .weights = {axis.total - beyond}};
      if (beyond > 0) sum.weights.push_back(beyond);
      axis.sums.push_back(std::move(sum));
    }
  }
  return axis;
}

Frame resized(const Frame& frame, std::int64_t height, std::int64_t width) {
  if (frame.height == height && frame.width == width) return frame;
  const Axis x_axis = resample(frame.width, width), y_axis = resample(frame.height, height);
  const std::int64_t channels = frame.channels;
  std::vector<std::int64_t> rows(static_cast<std::size_t>(frame.height * width * channels));
  for (std::int64_t y = 0; y < frame.height; ++y)
    for (std::int64_t x = 0; x < width; ++x) {
      const Sum& sum = x_axis.sums[static_cast<std::size_t>(x)];
      const std::uint8_t* from =
          &frame.pixels[static_cast<std::size_t>((y * frame.width + sum.first) * channels)];
      std::int64_t* to = &rows[static_cast<std::size_t>((y * width + x) * channels)];
      for (const std::int64_t weight : sum.weights)
        for (std::int64_t c = 0; c < channels; ++c) to[c] += weight * *from++;
    }
  Frame result{.height = height, .width = width, .channels = channels, .pixels = {}};
  result.pixels.resize(static_cast<std::size_t>(height * width * channels));
  const std::int64_t total = x_axis.total * y_axis.total, columns = width * channels;
  for (std::int64_t y = 0; y < height; ++y) {
    const Sum& sum = y_axis.sums[static_cast<std::size_t>(y)];
    for (std::int64_t x = 0; x < columns; ++x) {
      std::int64_t value = 0, row = sum.first;
      for (const std::int64_t weight : sum.weights)
        value += weight * rows[static_cast<std::size_t>(row++ * columns + x)];
      result.pixels[static_cast<std::size_t>(y * columns + x)] =
          static_cast<std::uint8_t>((2 * value + total) / (2 * total));
    }
  }
  return result;
}

/// The part of a frame.
Frame part(const Frame& frame, std::int64_t y, std::int64_t x, std::int64_t height,
           std::int64_t width) {
  Frame result{.height = height, .width = width, .channels = frame.channels, .pixels = {}};
  for (std::int64_t row = y; row < y + height; ++row) {
    const auto begin = frame.pixels.begin() + (row * frame.width + x) * frame.channels;
    result.pixels.insert(result.pixels.end(), begin, begin + width * frame.channels);
  }
  return result;
}

Frame fitted(const Frame& frame, const ImageOptions& options) {
  const std::int64_t height = options.height, width = options.width;
  // The frame is wider than the image?
  const bool wider = frame.width * height > width * frame.height;
  if (options.fit == Fit::crop) {
    const std::int64_t h = wider ? frame.height
                                 : std::max<std::int64_t>(frame.width * height / width, 1),
                       w = wider ? std::max<std::int64_t>(frame.height * width / height, 1)
                                 : frame.width;
    return resized(part(frame, (frame.height - h) / 2, (frame.width - w) / 2, h, w), height, width);
  }
  if (options.fit == Fit::pad) {
    const std::int64_t h = wider ? std::max<std::int64_t>(frame.height * width / frame.width, 1)
                                 : height,
                       w = wider ? width
                                 : std::max<std::int64_t>(frame.width * height / frame.height, 1);
    const Frame inner = resized(frame, h, w);
    Frame result{.height = height, .width = width, .channels = frame.channels, .pixels = {}};
    result.pixels.resize(static_cast<std::size_t>(height * width * frame.channels));
    const std::int64_t top = (height - h) / 2, left = (width - w) / 2;
    for (std::int64_t y = 0; y < h; ++y)
      std::copy_n(inner.pixels.begin() + y * w * frame.channels, w * frame.channels,
                  result.pixels.begin() + ((top + y) * width + left) * frame.channels);
    return result;
  }
  return resized(frame, height, width);
}

}  // namespace

std::vector<std::uint8_t> draw(const Frame& frame, const ImageOptions& options) {
  const std::int64_t channels = frame.channels;
  if (channels != 1 && channels != 3 && channels != 4)
    throw error("images of {} channels; 1 (grey), 3 (RGB) and 4 (with alpha) are read", channels);
  if (frame.height < 1 || frame.width < 1) throw error("an image without pixels");
  const bool as_it_is = frame.height == options.height && frame.width == options.width &&
                        channels == 3 && !options.flip && !options.bgr && !options.grey;
  if (as_it_is) return frame.pixels;
  const Frame fit = fitted(frame, options);
  const std::int64_t out = options.grey ? 1 : 3;
  std::vector<std::uint8_t> image(static_cast<std::size_t>(fit.height * fit.width * out));
  std::uint8_t* to = image.data();
  for (std::int64_t y = 0; y < fit.height; ++y) {
    const std::int64_t row = options.flip ? fit.height - 1 - y : y;
    const std::uint8_t* from = &fit.pixels[static_cast<std::size_t>(row * fit.width * channels)];
    for (std::int64_t x = 0; x < fit.width; ++x, from += channels, to += out) {
      std::uint8_t red = from[0], green = from[channels == 1 ? 0 : 1],
                   blue = from[channels == 1 ? 0 : 2];
      if (options.bgr) std::swap(red, blue);
      if (options.grey) {
        // ITU-R BT.601, as Pillow and OpenCV
        to[0] = static_cast<std::uint8_t>((299 * red + 587 * green + 114 * blue + 500) / 1000);
      } else {
        to[0] = red;
        to[1] = green;
        to[2] = blue;
      }
    }
  }
  return image;
}

}  // namespace dreamer::logged
