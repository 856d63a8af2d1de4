#include "collect/rerender.h"

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collect/collector.h"
#include "collect/reenact.h"
#include "core/error.h"
#include "env/task.h"

namespace dreamer {
namespace {

namespace fs = std::filesystem;
using env::RenderQuality;
using ::testing::AllOf;
using ::testing::HasSubstr;

class Folder : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) / fmt::format("rerender-{}", getpid());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// The second episode of a random run: 11 rows of 16x16 pixels.
  [[nodiscard]] fs::path collected(const std::string& task, bool observations) const {
    fs::path path;
    collect({.task = task,
             .out = folder_,
             .episodes = 2,
             .seed = 3,
             .environment = environment(),
             .observations = observations},
            {}, [&](const EpisodeResult& result) { path = result.path; });
    return path;
  }
  static env::EnvironmentOptions environment() {
    return {.action_repeat = 100, .height = 16, .width = 16, .render = RenderQuality::fast};
  }
  /// An episode of reacher_easy without physics, changed.
  template <class Change>
  [[nodiscard]] fs::path changed(const Change& change) const {
    data::Episode episode = data::read_episode(collected("reacher_easy", false));
    change(episode);
    const fs::path path = folder_ / "changed.h5";
    data::write_episode(path, episode, io::new_provenance({}, 0, {}), io::Replace::no);
    return path;
  }
  static std::string refusal(const fs::path& path, const RerenderOptions& options = {}) {
    try {
      (void)rerender({path}, options).front();
    } catch (const Error& e) {
      return e.what();
    }
    return "nothing";
  }

  fs::path folder_;
};

void expect_own_images(const data::EpisodeFrames& frames, const data::Episode& logged) {
  const std::int64_t pixels = image_shape(logged.signature).size();
  EXPECT_EQ(image_shape(frames.episode.signature), image_shape(logged.signature));
  for (std::int64_t t = logged.length() - 1; t >= 0; --t) {  // in any order
    const auto first = logged.images.at("image").begin() + t * pixels;
    EXPECT_EQ(frames.draw(t).at("image"), std::vector<std::uint8_t>(first, first + pixels))
        << "row " << t;
  }
}

class EveryTask : public Folder, public ::testing::WithParamInterface<std::string> {};

TEST_P(EveryTask, IsReplayedExactlyAndFilmedFromItsPhysics) {
  const fs::path path = collected(GetParam(), true);
  const data::Episode logged = data::read_episode(path);
  const auto result = reenact({.episode = path,
                               .out = folder_ / "again",
                               .environment = environment(),
                               .observations = true});
  const data::Episode again = data::read_episode(result.value().path);
  EXPECT_EQ(again.images, logged.images);
  EXPECT_EQ(again.reward, logged.reward);
  EXPECT_EQ(again.model, logged.model);
  ASSERT_EQ(again.physics.size(), logged.physics.size());
  ASSERT_EQ(again.vectors.size(), logged.vectors.size());
  for (const auto& [name, track] : logged.physics)
    EXPECT_EQ(again.physics.at(name).values, track.values) << name;
  for (const auto& [name, track] : logged.vectors)
    EXPECT_EQ(again.vectors.at(name).values, track.values) << name;

  expect_own_images(rerender({path}, {.render = RenderQuality::fast}).front(), logged);
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const auto& task : env::all_tasks()) all.push_back(task.name);
  return all;
}
INSTANTIATE_TEST_SUITE_P(Tasks, EveryTask, ::testing::ValuesIn(names()),
                         [](const auto& task) { return task.param; });

using Rerender = Folder;

TEST_F(Rerender, WithoutPhysicsTheEpisodeIsActedAgain) {
  const fs::path path = collected("finger_turn_easy", false);
  expect_own_images(rerender({path}, {.render = RenderQuality::fast}).front(),
                    data::read_episode(path));
}

TEST_F(Rerender, HasTheSizeAndTheCameraThatAreAskedFor) {
  const fs::path path = collected("reacher_easy", true);
  const auto large = rerender({path}, {.size = 40, .render = RenderQuality::fast}).front();
  EXPECT_EQ(image_shape(large.episode.signature), (ImageShape{40, 40, 3}));
  EXPECT_EQ(large.draw(1).at("image").size(), 40U * 40 * 3);
  const auto hand = rerender({path}, {.camera = "hand", .render = RenderQuality::fast}).front();
  const auto own = rerender({path}, {.render = RenderQuality::fast}).front();
  EXPECT_EQ(hand.episode.signature, own.episode.signature);
  EXPECT_NE(hand.draw(1), own.draw(1));
}

TEST_F(Rerender, AnUnknownCameraNamesThoseThereAre) {
  EXPECT_THAT(refusal(collected("reacher_easy", true), {.camera = "foot"}),
              AllOf(HasSubstr(".h5"), HasSubstr("0 (fixed), 1 (hand)")));
}

TEST_F(Rerender, AnEpisodeThatIsNotItsSeedsIsRefused) {
  EXPECT_THAT(refusal(changed([](data::Episode& e) { e.reward[7] += 1; })),
              AllOf(HasSubstr("changed.h5"), HasSubstr("reward in row 7"),
                    HasSubstr("--observations all")));
}

TEST_F(Rerender, AnotherSimulatorsTaskIsRefused) {
  EXPECT_THAT(refusal(changed([](data::Episode& e) { e.signature.task = "D4RL/pen"; })),
              AllOf(HasSubstr("D4RL/pen"), HasSubstr("--list-tasks"), HasSubstr("without --size")));
}

TEST_F(Rerender, AnotherTasksActionsAreRefused) {
  EXPECT_THAT(refusal(changed([](data::Episode& e) { e.signature.task = "cartpole_swingup"; })),
              HasSubstr("/action has 2 columns, cartpole_swingup takes 1"));
}

}  // namespace
}  // namespace dreamer
