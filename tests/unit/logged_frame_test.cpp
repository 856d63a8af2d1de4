#include "logged/frame.h"

#include <numeric>

#include <gtest/gtest.h>

#include "core/error.h"

namespace dreamer::logged {
namespace {

Frame grey(std::int64_t height, std::int64_t width, std::vector<std::uint8_t> pixels) {
  return {.height = height, .width = width, .channels = 1, .pixels = std::move(pixels)};
}

/// The image in grey, one value a pixel.
std::vector<std::uint8_t> drawn(const Frame& frame, ImageOptions image) {
  image.grey = true;
  return draw(frame, image);
}

using Pixels = std::vector<std::uint8_t>;

TEST(Frame, SmallerIsTheMeanOverTheArea) {
  EXPECT_EQ(drawn(grey(2, 4, {0, 10, 20, 30, 40, 50, 60, 70}), {.height = 1, .width = 2}),
            (Pixels{25, 45}));
  // Three columns into two: each takes half of the middle one.
  EXPECT_EQ(drawn(grey(1, 3, {0, 90, 240}), {.height = 1, .width = 2}), (Pixels{30, 190}));
}

TEST(Frame, LargerIsLinearBetweenTheCentres) {
  EXPECT_EQ(drawn(grey(1, 2, {0, 100}), {.height = 1, .width = 4}), (Pixels{0, 25, 75, 100}));
  EXPECT_EQ(drawn(grey(1, 1, {7}), {.height = 3, .width = 3}), Pixels(9, 7));
}

TEST(Frame, TheMeanOfAnImageStays) {
  Pixels pixels(96 * 60);
  for (std::size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = static_cast<std::uint8_t>(i * 37 % 251);
  const auto mean = [](const Pixels& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  };
  const Frame frame = grey(60, 96, pixels);
  EXPECT_NEAR(mean(drawn(frame, {.height = 64, .width = 64})), mean(pixels), 0.5);
  EXPECT_NEAR(mean(drawn(frame, {.height = 17, .width = 23})), mean(pixels), 0.5);
}

TEST(Frame, CropKeepsTheMiddleAndPadKeepsAll) {
  const Frame wide = grey(1, 4, {1, 2, 3, 4});
  EXPECT_EQ(drawn(wide, {.height = 1, .width = 2, .fit = Fit::crop}), (Pixels{2, 3}));
  EXPECT_EQ(drawn(wide, {.height = 4, .width = 4, .fit = Fit::pad}),
            (Pixels{0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(Frame, ChannelsAreTripledDroppedSwappedOrMixed) {
  const ImageOptions one{.height = 1, .width = 1};
  EXPECT_EQ(draw(grey(1, 1, {9}), one), (Pixels{9, 9, 9}));
  const Frame rgba{.height = 1, .width = 1, .channels = 4, .pixels = {10, 20, 30, 99}};
  EXPECT_EQ(draw(rgba, one), (Pixels{10, 20, 30}));
  EXPECT_EQ(draw(rgba, {.height = 1, .width = 1, .bgr = true}), (Pixels{30, 20, 10}));
  EXPECT_EQ(drawn(rgba, one), (Pixels{18}));  // 0.299, 0.587, 0.114
  const Frame two{.height = 1, .width = 1, .channels = 2, .pixels = {1, 2}};
  EXPECT_THROW((void)draw(two, one), Error);
}

TEST(Frame, FlipTurnsUpsideDown) {
  EXPECT_EQ(drawn(grey(2, 1, {1, 2}), {.height = 2, .width = 1, .flip = true}), (Pixels{2, 1}));
}

}  // namespace
}  // namespace dreamer::logged
