#include <unistd.h>

#include <cstdint>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collect/collector.h"
#include "collect/reenact.h"
#include "core/error.h"
#include "data/episode.h"

namespace dreamer {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class ReenactEpisode : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(::testing::TempDir()) / fmt::format("replay-{}-{}", test->name(), getpid());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// Episode `index` of a random run, with everything stored.
  [[nodiscard]] fs::path collected(std::int64_t index) const {
    fs::path path;
    collect({.task = "reacher_easy",
             .out = folder_ / "logged",
             .episodes = index + 1,
             .seed = 3,
             .environment = environment(),
             .observations = true},
            {}, [&](const EpisodeResult& result) { path = result.path; });
    return path;
  }
  static env::EnvironmentOptions environment() {
    return {.action_repeat = 50, .height = 16, .width = 16, .render = env::RenderQuality::fast};
  }
  [[nodiscard]] data::Episode replayed(const fs::path& path) const {
    const auto result = reenact({.episode = path,
                                 .out = folder_ / "again",
                                 .environment = environment(),
                                 .observations = true});
    return data::read_episode(result.value().path);
  }

  fs::path folder_;
};

TEST_F(ReenactEpisode, ReproducesALaterEpisodeOfItsSeedExactly) {
  const auto path = collected(2);
  const auto logged = data::read_episode(path), again = replayed(path);
  EXPECT_EQ(again.index, 2);
  EXPECT_EQ(again.images, logged.images);
  EXPECT_EQ(again.action, logged.action);
  EXPECT_EQ(again.reward, logged.reward);
  EXPECT_EQ(again.model, logged.model);
  for (const auto& [name, array] : logged.physics)
    EXPECT_EQ(again.physics.at(name).values, array.values) << name;
  for (const auto& [name, array] : logged.vectors)
    EXPECT_EQ(again.vectors.at(name).values, array.values) << name;
}

TEST_F(ReenactEpisode, NeedsOnlyActionsAndEndsWithThem) {
  const auto logged = data::read_episode(collected(0));
  const auto path = folder_ / "bare.h5";
  io::FileWriter file("dreamer.episode");
  file.attribute("/", "task", logged.signature.task);
  file.attribute("/", "seed", logged.seed);
  file.attribute("/", "action_repeat", logged.signature.frames_per_step);
  const std::vector<float> actions(logged.action.begin(), logged.action.begin() + 2 * 8);
  file.dataset<float>("/action", "T,A", {8, 2}, actions);
  file.commit(path, io::Replace::no);

  const auto again = replayed(path);
  EXPECT_EQ(again.length(), 8);
  EXPECT_EQ(again.images.at("image"),
            std::vector<std::uint8_t>(logged.images.at("image").begin(),
                                      logged.images.at("image").begin() + 8 * 16 * 16 * 3));
}

TEST_F(ReenactEpisode, BeginsFromALoggedStateThatIsNotTheResets) {
  auto logged = data::read_episode(collected(0));
  auto& qpos = logged.physics.at("qpos").values;
  qpos[0] = 0.25;
  qpos[1] = -0.5;
  logged.model.at("geom_pos_target") = {0.1, 0.1, 0.01};
  const auto path = folder_ / "edited.h5";
  data::write_episode(path, logged, io::new_provenance({}, 0, {}), io::Replace::no);
  const auto again = replayed(path);
  EXPECT_EQ(again.physics.at("qpos").values[0], 0.25);
  EXPECT_EQ(again.physics.at("qpos").values[1], -0.5);
  EXPECT_EQ(again.model.at("geom_pos_target"), (std::vector<double>{0.1, 0.1, 0.01}));
}

TEST_F(ReenactEpisode, BrokenPhysicsAreAnErrorAndNoEpisode) {
  auto logged = data::read_episode(collected(0));
  logged.physics.at("qvel").values[0] = 1e12;
  const auto path = folder_ / "broken.h5";
  data::write_episode(path, logged, io::new_provenance({}, 0, {}), io::Replace::no);
  try {
    (void)replayed(path);
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(),
                AllOf(HasSubstr("broken.h5"), HasSubstr("physics broke down in the first step")));
  }
  EXPECT_TRUE(fs::is_empty(folder_ / "again"));
}

TEST_F(ReenactEpisode, AnotherTasksActionsAreRefused) {
  auto logged = data::read_episode(collected(0));
  logged.signature.task = "cartpole_swingup";
  const auto path = folder_ / "wrong.h5";
  data::write_episode(path, logged, io::new_provenance({}, 0, {}), io::Replace::no);
  try {
    (void)replayed(path);
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("wrong.h5"));
    EXPECT_THAT(e.what(), HasSubstr("2 columns"));
  }
}

}  // namespace
}  // namespace dreamer
