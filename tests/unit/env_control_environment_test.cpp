#include "env/control_environment.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"

namespace dreamer::env {
namespace {

using ::testing::HasSubstr;

EnvironmentOptions blind(std::int64_t action_repeat) {
  return {.action_repeat = action_repeat, .render = RenderQuality::none};
}

// Golden values: dm_control 1.0.47, suite.load("cartpole", "swingup", {"random": 3}).
TEST(Environment, BeginsWithDmControlsState) {
  ControlEnvironment environment("cartpole_swingup", blind(2));
  (void)environment.begin({3, 0});
  const auto qpos = environment.state().at("qpos");
  EXPECT_EQ(qpos[0], 0x1.250c83fec509bp-6);
  EXPECT_EQ(qpos[1], 0x1.92aebe5dec33bp+1);
  (void)environment.begin({3, 1});
  EXPECT_EQ(environment.state().at("qpos")[1], 0x1.91ab75ed30ff5p+1);
}

TEST(Environment, LastsAThousandControlStepsWhateverTheRepeat) {
  for (const std::int64_t repeat : {1, 2, 3}) {
    ControlEnvironment environment("cartpole_balance", blind(repeat));
    Step seen = environment.begin({0, 0});
    std::int64_t steps = 0;
    for (; !seen.last; ++steps) seen = environment.step(std::vector<float>{0.0F});
    EXPECT_EQ(steps, steps_per_episode(blind(repeat)));
    EXPECT_EQ(seen.discount, 1);  // a time limit is not an end
    EXPECT_NEAR(environment.state().at("time")[0], 10, 1e-9);
    EXPECT_THROW((void)environment.step(std::vector<float>{0.0F}), Error);
  }
}

TEST(Environment, LastsAsLongAsItsTimeLimit) {
  EnvironmentOptions options = blind(3);
  options.time_limit = 250;
  ControlEnvironment environment("cartpole_balance", options);
  Step seen = environment.begin({0, 0});
  std::int64_t steps = 0;
  for (; !seen.last; ++steps) seen = environment.step(std::vector<float>{0.0F});
  EXPECT_EQ(steps, 84);
  EXPECT_EQ(steps, steps_per_episode(options));
  EXPECT_EQ(seen.discount, 1);
  EXPECT_NEAR(environment.state().at("time")[0], 2.5, 1e-9);  // not 84 · 3 control steps
  EXPECT_THROW((void)environment.step(std::vector<float>{0.0F}), Error);
  EXPECT_EQ(steps_per_episode(blind(3)), 334) << "without a limit the task's own";
  EXPECT_THROW(ControlEnvironment("cartpole_balance", {.time_limit = -1}), Error);
  EXPECT_THROW(ControlEnvironment("cartpole_balance", {.time_limit = 1001}), Error);
}

TEST(Environment, SumsRewardsOverTheRepeatInDouble) {
  ControlEnvironment once("cartpole_balance", blind(1)), twice("cartpole_balance", blind(2));
  (void)once.begin({5, 0});
  (void)twice.begin({5, 0});
  const std::vector<float> action = {0.3F};
  for (int i = 0; i < 20; ++i) {
    double sum = 0;
    for (int j = 0; j < 2; ++j) {
      (void)once.step(action);
      sum += once.reward();
    }
    EXPECT_EQ(twice.step(action).reward, static_cast<float>(sum));
  }
}

TEST(Environment, SkippedEpisodesLeaveTheNextOneItsOwnDraws) {
  ControlEnvironment played("reacher_easy", blind(2)), skipped("reacher_easy", blind(2));
  for (int i = 0; i < 3; ++i) {
    (void)played.begin({9, i});
    (void)played.step(std::vector<float>{0.5F, -1.0F});
  }
  (void)played.begin({9, 3});
  (void)skipped.begin({9, 3});
  EXPECT_EQ(played.state(), skipped.state());
  EXPECT_EQ(played.model_changes(), skipped.model_changes());
  EXPECT_EQ(played.observations(), skipped.observations());
}

TEST(Environment, AnEarlierEpisodeBeginsAsItDidBefore) {
  ControlEnvironment environment("reacher_easy", blind(2));
  (void)environment.begin({9, 1});
  const auto state = environment.state(), changes = environment.model_changes();
  (void)environment.begin({9, 2});
  EXPECT_NE(environment.state(), state);
  for (int i = 0; i < 2; ++i) {
    (void)environment.begin({9, 1});
    EXPECT_EQ(environment.state(), state);
    EXPECT_EQ(environment.model_changes(), changes);
  }
}

TEST(Environment, ReseededIsAsIfJustMade) {
  ControlEnvironment used("reacher_easy", blind(2)), made("reacher_easy", blind(2));
  (void)used.begin({1, 0});
  (void)used.step(std::vector<float>{1.0F, 1.0F});
  (void)used.begin({2, 0});
  (void)made.begin({2, 0});
  for (int i = 0; i < 20; ++i) {
    const std::vector<float> action = {0.1F, -0.4F};
    EXPECT_EQ(used.step(action).reward, made.step(action).reward);
    ASSERT_EQ(used.state(), made.state());
  }
}

TEST(Environment, RestoredStateGoesOnAsTheOriginalDid) {
  ControlEnvironment original("reacher_hard", blind(2)), other("reacher_hard", blind(2));
  (void)original.begin({1, 0});
  const std::vector<float> action = {0.7F, -0.2F};
  for (int i = 0; i < 10; ++i) (void)original.step(action);
  (void)other.begin({2, 0});
  (void)other.restore(original.state(), original.model_changes());
  EXPECT_EQ(original.observations(), other.observations());
  for (int i = 0; i < 10; ++i) {
    (void)original.step(action);
    (void)other.step(action);
    ASSERT_EQ(original.state(), other.state());
  }
}

TEST(Environment, TouchingTheTargetIsRewarded) {
  ControlEnvironment environment("reacher_hard", blind(2));
  (void)environment.begin({4, 0});
  // The arm lies along x, its tip 0.24 out.
  (void)environment.restore({{"qpos", {0, 0}}, {"qvel", {0, 0}}},
                            {{"geom_pos_target", {0.24, 0.0249, 0.01}}});
  EXPECT_EQ(environment.reward(), 1);  // 0.015 + the finger's 0.01
  (void)environment.restore({}, {{"geom_pos_target", {0.24, 0.0251, 0.01}}});
  EXPECT_EQ(environment.reward(), 0);
}

TEST(Environment, RefusesActionsOutsideItsSpace) {
  ControlEnvironment environment("reacher_easy", blind(2));
  (void)environment.begin({0, 0});
  EXPECT_THROW((void)environment.step(std::vector<float>{0.0F}), Error);
  EXPECT_THROW((void)environment.step(std::vector<float>{0.0F, 1.0001F}), Error);
  EXPECT_THROW(
      (void)environment.step(std::vector<float>{0.0F, std::numeric_limits<float>::quiet_NaN()}),
      Error);
}

TEST(Environment, RefusesFieldsThatAreNotItsOwn) {
  ControlEnvironment environment("reacher_easy", blind(2));
  (void)environment.begin({0, 0});
  EXPECT_THROW((void)environment.restore({{"qpos", {0.0}}}, {}), Error);
  EXPECT_THROW((void)environment.restore({{"qposs", {0.0, 0.0}}}, {}), Error);
}

TEST(Environment, ABrokenStateIsAnErrorAndNotAnObservation) {
  ControlEnvironment environment("cartpole_swingup", blind(2));
  (void)environment.begin({0, 0});
  (void)environment.restore({{"qvel", {1e9, 1e9}}}, {});
  try {
    for (int i = 0; i < 100; ++i) (void)environment.step(std::vector<float>{1.0F});
    FAIL();
  } catch (const Breakdown& e) {
    EXPECT_THAT(e.what(), HasSubstr("physics broke down"));
  }
  // The next episode is unaffected.
  ControlEnvironment sound("cartpole_swingup", blind(2));
  (void)sound.begin({0, 1});
  (void)environment.begin({0, 1});
  EXPECT_EQ(environment.state(), sound.state());
  const std::vector<float> action = {0.4F};
  EXPECT_EQ(environment.step(action).reward, sound.step(action).reward);
}

TEST(Environment, RefusesSettingsThatMakeNoSense) {
  ControlEnvironment environment("cartpole_balance", blind(2));
  EXPECT_THROW((void)environment.begin({-1, 0}), Error);
  EXPECT_THROW((void)environment.begin({std::int64_t{1} << 32, 0}), Error);
  EXPECT_THROW(ControlEnvironment("cartpole_balance", blind(0)), Error);
  EXPECT_THROW(ControlEnvironment("cartpole_balance", {.height = 0}), Error);
}

}  // namespace
}  // namespace dreamer::env
