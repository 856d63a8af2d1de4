#include "video/palette.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "core/signals.h"

namespace dreamer::media {
namespace {

constexpr std::size_t kMostColors = 256;

struct Sample {
  std::array<std::uint8_t, 3> color;
  double weight;
};

std::uint32_t packed(Color color) {
  return static_cast<std::uint32_t>(color.red) << 16 |
         static_cast<std::uint32_t>(color.green) << 8 | color.blue;
}

/// Samples [first, last) of one box, with the axis along which they spread most.
struct Box {
  std::size_t first = 0, last = 0;
  std::array<double, 3> mean{};
  int axis = 0;
  double error = 0;  // squared deviations along that axis, weighted

  Box(const std::vector<Sample>& samples, std::size_t begin, std::size_t end)
      : first(begin), last(end) {
    double weight = 0;
    std::array<double, 3> sum{}, squares{};
    for (std::size_t i = begin; i < end; ++i) {
      weight += samples[i].weight;
      for (int c = 0; c < 3; ++c) {
        const double value = samples[i].color[c];
        sum[c] += samples[i].weight * value;
        squares[c] += samples[i].weight * value * value;
      }
    }
    for (int c = 0; c < 3; ++c) {
      mean[c] = sum[c] / weight;
      const double deviation = squares[c] - sum[c] * mean[c];
      if (deviation > error) {
        error = deviation;
        axis = c;
      }
    }
  }

  [[nodiscard]] Color color() const {
    const auto byte = [](double value) { return static_cast<std::uint8_t>(std::lround(value)); };
    return {byte(mean[0]), byte(mean[1]), byte(mean[2])};
  }
};

/// The colours that occur, in ascending order, so that the outcome does not depend on hashing. A
/// rare colour weighs more than its share of the pixels: the pole is thin, the sky is large.
std::vector<Sample> histogram(const Clip& clip) {
  std::unordered_map<std::uint32_t, std::int64_t> counts;
  for (std::int64_t i = 0; i < clip.frames; ++i) {
    if (signals::requested() != 0) throw signals::Stopped();
    const Canvas canvas = clip.frame(i);
    for (std::size_t p = 0; p < canvas.rgb.size(); p += 3)
      ++counts[packed({canvas.rgb[p], canvas.rgb[p + 1], canvas.rgb[p + 2]})];
  }
  std::vector<Sample> samples;
  samples.reserve(counts.size());
  for (const auto& [color, count] : counts)
    samples.push_back({{static_cast<std::uint8_t>(color >> 16),
                        static_cast<std::uint8_t>(color >> 8), static_cast<std::uint8_t>(color)},
                       std::sqrt(static_cast<double>(count))});
  std::ranges::sort(samples, {}, &Sample::color);
  return samples;
}

}  // namespace

Palette::Palette(const Clip& clip) : known_(std::size_t{1} << 24, -1) {
  std::vector<Sample> samples = histogram(clip);
  std::vector<Box> boxes{Box(samples, 0, samples.size())};
  while (boxes.size() < kMostColors) {
    const auto worst = std::ranges::max_element(boxes, {}, &Box::error);
    if (worst->error <= 0) break;
    const Box box = *worst;
    const auto begin = samples.begin() + static_cast<std::ptrdiff_t>(box.first);
    const auto end = samples.begin() + static_cast<std::ptrdiff_t>(box.last);
    const auto middle = std::stable_partition(begin, end, [&](const Sample& sample) {
      return sample.color[box.axis] <= box.mean[box.axis];
    });
    const auto split = static_cast<std::size_t>(middle - samples.begin());
    *worst = Box(samples, box.first, split);
    boxes.emplace_back(samples, split, box.last);
  }
  for (const Box& box : boxes) colors_.push_back(box.color());
}

std::uint8_t Palette::nearest(Color color) const {
  std::int16_t& number = known_[packed(color)];
  if (number < 0) {
    int least = std::numeric_limits<int>::max();
    for (std::size_t i = 0; i < colors_.size(); ++i) {
      const int red = colors_[i].red - color.red, green = colors_[i].green - color.green,
                blue = colors_[i].blue - color.blue;
      const int distance = 2 * red * red + 4 * green * green + blue * blue;  // as the eye weighs
      if (distance < least) {
        least = distance;
        number = static_cast<std::int16_t>(i);
      }
    }
  }
  return static_cast<std::uint8_t>(number);
}

}  // namespace dreamer::media
