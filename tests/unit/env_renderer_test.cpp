#include "env/renderer.h"

#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "env/control_environment.h"

namespace dreamer::env {
namespace {

std::vector<std::uint8_t> first_image(std::int64_t height, std::int64_t width,
                                      RenderQuality quality) {
  ControlEnvironment environment("cartpole_balance",
                                 {.height = height, .width = width, .render = quality});
  return environment.begin({}).images["image"];
}

TEST(Renderer, ImagesHaveTheSizeThatWasAskedFor) {
  EXPECT_EQ(first_image(64, 64, RenderQuality::exact).size(), 64U * 64 * 3);
  EXPECT_EQ(first_image(48, 80, RenderQuality::fast).size(), 48U * 80 * 3);
  EXPECT_TRUE(first_image(64, 64, RenderQuality::none).empty());
}

TEST(Renderer, FastDrawsTheSameSceneInOtherPixels) {
  const auto exact = first_image(64, 64, RenderQuality::exact);
  const auto fast = first_image(64, 64, RenderQuality::fast);
  EXPECT_NE(exact, fast);
  double difference = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) difference += std::abs(exact[i] - fast[i]);
  EXPECT_LT(difference / static_cast<double>(exact.size()), 30);
  EXPECT_GT(std::set<std::uint8_t>(fast.begin(), fast.end()).size(), 20U);  // not a blank frame
}

TEST(Renderer, FirstRowIsTheTop) {
  // Above is the dark blue sky, below the floor.
  const auto image = first_image(64, 64, RenderQuality::fast);
  const auto row_sum = [&](std::size_t row) {
    int sum = 0;
    for (std::size_t i = 0; i < std::size_t{64} * 3; ++i) sum += image[row * 64 * 3 + i];
    return sum;
  };
  EXPECT_NE(row_sum(0), row_sum(63));
}

TEST(Renderer, TwoInOneThreadDoNotMixTheirPixels) {
  const EnvironmentOptions options{.render = RenderQuality::fast};
  ControlEnvironment cartpole("cartpole_swingup", options), reacher("reacher_easy", options);
  const auto a = cartpole.begin({}).images, b = reacher.begin({}).images;
  const Simulator::Fields unchanged;
  EXPECT_EQ(cartpole.restore(unchanged, unchanged).images, a);
  EXPECT_EQ(reacher.restore(unchanged, unchanged).images, b);
  EXPECT_NE(a, b);
}

std::vector<std::uint8_t> seen_by(const std::string& camera) {
  ControlEnvironment environment("reacher_easy", {.render = RenderQuality::fast, .camera = camera});
  return environment.begin({}).images["image"];
}

TEST(Renderer, ACameraIsChosenByNameOrNumber) {
  EXPECT_EQ(seen_by("hand"), seen_by("1"));
  EXPECT_EQ(seen_by("fixed"), seen_by(""));
  EXPECT_NE(seen_by("hand"), seen_by(""));
}

TEST(Renderer, AnUnknownCameraIsAUsageErrorThatNamesThoseThereAre) {
  try {
    (void)seen_by("foot");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ExitCode::usage);
    EXPECT_THAT(e.what(), ::testing::HasSubstr("foot; there are: 0 (fixed), 1 (hand)"));
  }
}

TEST(Renderer, ThreadsDrawWhatOneThreadDraws) {
  const auto expected = first_image(64, 64, RenderQuality::exact);
  std::vector<std::vector<std::uint8_t>> images(3);
  {
    std::vector<std::jthread> threads;
    for (auto& image : images)
      threads.emplace_back([&image] { image = first_image(64, 64, RenderQuality::exact); });
  }
  for (const auto& image : images) EXPECT_EQ(image, expected);
}

TEST(Renderer, QualitiesAreSpelledAsInTheOptions) {
  EXPECT_EQ(render_quality("exact"), RenderQuality::exact);
  EXPECT_EQ(to_string(RenderQuality::fast), "fast");
  EXPECT_THROW((void)render_quality("pretty"), Error);
}

}  // namespace
}  // namespace dreamer::env
