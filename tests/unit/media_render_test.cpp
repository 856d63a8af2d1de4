#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "data_fixture.h"
#include "media/render_dream.h"
#include "media/render_episode.h"

namespace dreamer::media {
namespace {

constexpr std::int64_t kSide = 8, kStarts = 3, kRows = 9, kContext = 5;

data::Episode episode(std::int64_t steps, std::uint8_t shade) {
  data::Episode result;
  result.signature.task = "cartpole_swingup";
  result.signature.observations = {image_space({kSide, kSide, 3})};
  for (std::int64_t t = 0; t < steps; ++t)
    result.images["image"].insert(result.images["image"].end(),
                                  image_shape(result.signature).size(),
                                  static_cast<std::uint8_t>(shade + t));
  result.reward.assign(steps, 0.5F);
  return result;
}

data::Dream dream(data::DreamKind kind) {
  data::Dream result;
  result.kind = kind;
  result.context = kContext;
  result.starts = kStarts;
  result.horizon = kRows;
  result.signature.observations = {image_space({kSide, kSide, 3})};
  result.images["image"].assign(kStarts * kRows * image_shape(result.signature).size(), 50);
  result.reward.assign(kStarts * kRows, 0.5F);
  result.value = result.reward;
  if (kind == data::DreamKind::open_loop) {
    result.truth_images = result.images;
    result.truth_reward = result.reward;
  }
  return result;
}

std::int64_t count(const Canvas& canvas, Color color) {
  std::int64_t pixels = 0;
  for (int y = 0; y < canvas.height; ++y)
    for (int x = 0; x < canvas.width; ++x) pixels += canvas.at(y, x) == color ? 1 : 0;
  return pixels;
}

using Rows = std::vector<std::int64_t>;

TEST(Strip, ShowsEveryRowIfThereIsRoom) { EXPECT_EQ(strip_rows(2, 6, 5), (Rows{1, 2, 3, 4, 5})); }

TEST(Strip, ShowsTheEndOfTheContextTheFirstPredictionAndRoundSteps) {
  EXPECT_EQ(strip_rows(5, 50, 11), (Rows{4, 5, 9, 14, 19, 24, 29, 34, 39, 44, 49}));
}

TEST(Strip, NeverLeavesTheDreamNorExceedsItsColumns) {
  for (std::int64_t rows = 1; rows < 40; ++rows)
    for (std::int64_t context = 0; context <= rows; ++context)
      for (std::int64_t most = 1; most < 15; ++most) {
        const Rows strip = strip_rows(context, rows, most);
        ASSERT_FALSE(strip.empty());
        EXPECT_LE(std::ssize(strip), most);
        EXPECT_GE(strip.front(), 0);
        EXPECT_LT(strip.back(), rows);
        for (std::size_t i = 1; i < strip.size(); ++i) EXPECT_LT(strip[i - 1], strip[i]);
      }
}

TEST(RenderEpisode, BareFramesAreTheEpisodesPixels) {
  const Clip clip = episode_clip({episode(4, 100)}, {.scale = 2});
  EXPECT_EQ(clip.frames, 4);
  EXPECT_EQ(clip.height, 2 * kSide);
  EXPECT_EQ(clip.frame(3), Canvas(2 * kSide, 2 * kSide, Color{103, 103, 103}));
}

TEST(RenderEpisode, TheLongestOneDecidesAndTheOthersFadeAtTheirEnd) {
  const Clip clip = episode_clip({episode(2, 200), episode(5, 100)}, {.scale = 1});
  EXPECT_EQ(clip.frames, 5);
  EXPECT_EQ(clip.frame(1).at(0, 0), (Color{201, 201, 201}));
  EXPECT_LT(clip.frame(2).at(0, 0).red, 150);
}

TEST(RenderEpisode, EpisodeWithoutImagesIsAnError) {
  data::Episode blind = episode(3, 0);
  blind.images.clear();
  EXPECT_THROW(static_cast<void>(episode_clip({blind}, {})), Error);
}

TEST(RenderEpisode, DrawnFramesTakeThePlaceOfImages) {
  data::Episode blind = episode(3, 0);
  blind.images.clear();
  const auto draw = [](std::int64_t t) {
    return data::EpisodeFrames::Images{
        {"image", std::vector<std::uint8_t>(kSide * kSide * 3, static_cast<std::uint8_t>(10 * t))}};
  };
  const Clip clip = episode_clip({{blind, draw}}, {.scale = 1});
  EXPECT_EQ(clip.frame(2), Canvas(kSide, kSide, Color{20, 20, 20}));
}

TEST(RenderEpisode, StillShowsOneRowOfAll) {
  const auto still = [](std::int64_t row) {
    return episode_still({episode(2, 200), episode(5, 100)},
                         {.scale = 1, .columns = 2, .row = row});
  };
  EXPECT_EQ(still(1).at(0, 0), (Color{201, 201, 201}));
  EXPECT_EQ(still(1).at(0, still(1).width - 1), (Color{101, 101, 101}));
  EXPECT_THROW(static_cast<void>(still(5)), Error);
}

TEST(RenderEpisode, EpisodesOfSeveralTasksAreNamed) {
  data::Episode other = episode(4, 100);
  other.signature.task = "reacher_easy";
  const RenderOptions options{.scale = 1, .columns = 2};
  EXPECT_GT(episode_clip({episode(4, 100), other}, options).height,
            episode_clip({episode(4, 100), episode(4, 100)}, options).height);
}

TEST(RenderEpisode, EveryDrawingHasTheSizeThatWasMeasured) {
  data::Episode other = episode(4, 100);
  other.signature.task = "reacher_easy";
  other.signature.observations = {image_space({4, 12, 3})};
  for (const bool overlay : {false, true})
    for (const std::int64_t columns : {0, 1, 2, 1 << 30})
      for (const std::int64_t scale : {0, 1, 5}) {
        const RenderOptions options{
            .scale = scale, .columns = columns, .row = 1, .overlay = overlay};
        const Clip clip = episode_clip({episode(9, 100), other, episode(2, 50)}, options);
        for (const std::int64_t t : {0, 8}) {
          EXPECT_EQ(clip.frame(t).height, clip.height);
          EXPECT_EQ(clip.frame(t).width, clip.width);
        }
      }
}

TEST(RenderEpisode, AColumnsOptionThatMakesItTooLongIsNamed) {
  const std::vector<data::EpisodeFrames> many(4000, episode(1, 100));
  EXPECT_THAT([&] { static_cast<void>(episode_clip(many, {.columns = 1})); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("--columns 1")));
}

class RenderFiles : public testing_data::Scratch {};

TEST_F(RenderFiles, FramesAreReadWhenTheyAreDrawn) {
  std::vector<std::filesystem::path> paths;
  std::vector<data::EpisodeFrames> whole;
  for (std::int64_t id = 0; id < 3; ++id) {
    whole.emplace_back(testing_data::make_episode(id, 40 + id));
    paths.push_back(testing_data::write(dir, whole.back().episode));
  }
  const std::vector<data::EpisodeFrames> opened = data::open_frames(paths);
  for (const data::EpisodeFrames& source : opened) EXPECT_TRUE(source.episode.images.empty());
  const RenderOptions options{.scale = 2, .overlay = true};
  const Clip ours = episode_clip(opened, options), theirs = episode_clip(whole, options);
  ASSERT_EQ(ours.frames, theirs.frames);
  for (std::int64_t t = 0; t < ours.frames; ++t) EXPECT_EQ(ours.frame(t), theirs.frame(t));
}

// Two cameras of different sizes, one of them grey.
void add_camera(Signature& signature) {
  signature.observations.push_back({.name = "wrist", .kind = SpaceKind::image, .shape = {8, 6, 1}});
}

TEST_F(RenderFiles, AllCamerasStandSideBySide) {
  data::Episode both = testing_data::make_episode(1, 3);  // 4x4, 20 at row 1 …
  add_camera(both.signature);
  both.images["wrist"].assign(3 * 8 * 6, 200);
  const std::vector<std::filesystem::path> paths = {testing_data::write(dir, both)};
  for (const auto& source : {data::open_frames(paths), std::vector<data::EpisodeFrames>{both}}) {
    const Canvas canvas = episode_still(source, {.scale = 1, .row = 1});
    EXPECT_EQ(canvas.height, 8);
    EXPECT_EQ(canvas.width, 4 + 1 + 6);
    EXPECT_EQ(canvas.at(3, 3), (Color{17, 17, 17}));
    EXPECT_EQ(canvas.at(7, 5), (Color{200, 200, 200}));
    EXPECT_EQ(canvas.at(7, 3), theme::kBackground);
  }
}

TEST(RenderDream, AllCamerasStandSideBySide) {
  data::Dream d = dream(data::DreamKind::open_loop);
  constexpr int kScale = 60;  // wider than the title
  const int one = dream_clip(d, {.scale = kScale, .columns = 1}).width;
  add_camera(d.signature);
  const auto pixels = static_cast<std::size_t>(kStarts * kRows * 8 * 6);
  d.images["wrist"].assign(pixels, 100);
  d.truth_images["wrist"].assign(pixels, 140);
  const Clip clip = dream_clip(d, {.scale = 1, .columns = 1});
  EXPECT_EQ(dream_clip(d, {.scale = kScale, .columns = 1}).width, one + (1 + 6) * kScale);
  EXPECT_GT(count(clip.frame(0), Color{108, 108, 108}), 8 * 6 - 1);  // 128 + (100 - 140) / 2
  // A model that sees the other camera alone.
  d.signature.observations.erase(d.signature.observations.begin());
  d.images.erase("image");
  d.truth_images.erase("image");
  EXPECT_GT(count(dream_strip(d, {.scale = 1}), Color{140, 140, 140}), 8 * 6 - 1);
}

TEST(RenderDream, BorderTellsContextFromPrediction) {
  const Clip clip = dream_clip(dream(data::DreamKind::open_loop), {.scale = 4});
  EXPECT_EQ(clip.frames, kRows);
  EXPECT_EQ(count(clip.frame(kContext - 1), theme::kPredicted), 0);
  EXPECT_EQ(count(clip.frame(kContext), theme::kObserved), 0);
  EXPECT_GT(count(clip.frame(kContext - 1), theme::kObserved), kStarts * 4 * 4 * kSide);
  EXPECT_GT(count(clip.frame(kContext), theme::kPredicted), kStarts * 4 * 4 * kSide);
}

TEST(RenderDream, EveryFrameHasTheClipsSize) {
  for (const auto kind : {data::DreamKind::open_loop, data::DreamKind::policy})
    for (const bool overlay : {false, true})
      for (const std::int64_t scale : {0, 1, 3}) {
        const Clip clip = dream_clip(dream(kind), {.scale = scale, .overlay = overlay});
        for (std::int64_t t = 0; t < clip.frames; ++t) {
          EXPECT_EQ(clip.frame(t).height, clip.height);
          EXPECT_EQ(clip.frame(t).width, clip.width);
        }
      }
}

TEST(RenderDream, LongDreamsKeepTheClipsSizeToo) {
  data::Dream ours = dream(data::DreamKind::policy);
  ours.starts = 1;
  ours.horizon = 1200;
  ours.context = 100;
  ours.images["image"].assign(1200 * image_shape(ours.signature).size(), 50);
  ours.reward.assign(1200, -1234.5F);
  ours.value.clear();
  const Clip clip =
      dream_clip(ours, {.scale = 1, .columns = std::int64_t{1} << 32, .overlay = true});
  for (const std::int64_t t : {0, 99, 100, 1199}) {
    EXPECT_EQ(clip.frame(t).height, clip.height);
    EXPECT_EQ(clip.frame(t).width, clip.width);
  }
}

TEST(RenderDream, OpenLoopShowsThreeRowsAndPolicyOne) {
  const int three = dream_clip(dream(data::DreamKind::open_loop), {.scale = 4}).height;
  const int one = dream_clip(dream(data::DreamKind::policy), {.scale = 4}).height;
  EXPECT_GT(three - one, 2 * 4 * kSide);
  EXPECT_LT(three - one, 3 * 4 * kSide);
}

}  // namespace
}  // namespace dreamer::media
