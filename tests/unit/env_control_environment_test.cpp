#include "env/environment.h"

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
  Environment environment("cartpole_swingup", 3, blind(2));
  (void)environment.reset();
  const auto qpos = environment.physics_state().at("qpos");
  EXPECT_EQ(qpos[0], 0x1.250c83fec509bp-6);
  EXPECT_EQ(qpos[1], 0x1.92aebe5dec33bp+1);
  (void)environment.reset();
  EXPECT_EQ(environment.physics_state().at("qpos")[1], 0x1.91ab75ed30ff5p+1);
}

TEST(Environment, LastsAThousandControlStepsWhateverTheRepeat) {
  for (const std::int64_t repeat : {1, 2, 3}) {
    Environment environment("cartpole_balance", 0, blind(repeat));
    Observation seen = environment.reset();
    std::int64_t steps = 0;
    for (; !seen.last; ++steps) seen = environment.step(std::vector<float>{0.0F});
    EXPECT_EQ(steps, steps_per_episode(blind(repeat)));
    EXPECT_EQ(seen.discount, 1);  // a time limit is not an end
    EXPECT_NEAR(environment.physics_state().at("time")[0], 10, 1e-9);
    EXPECT_THROW((void)environment.step(std::vector<float>{0.0F}), Error);
  }
}

TEST(Environment, LastsAsLongAsItsTimeLimit) {
  EnvironmentOptions options = blind(3);
  options.time_limit = 250;
  Environment environment("cartpole_balance", 0, options);
  Observation seen = environment.reset();
  std::int64_t steps = 0;
  for (; !seen.last; ++steps) seen = environment.step(std::vector<float>{0.0F});
  EXPECT_EQ(steps, 84);
  EXPECT_EQ(steps, steps_per_episode(options));
  EXPECT_EQ(seen.discount, 1);
  EXPECT_NEAR(environment.physics_state().at("time")[0], 2.5, 1e-9);  // not 84 · 3 control steps
  EXPECT_THROW((void)environment.step(std::vector<float>{0.0F}), Error);
  EXPECT_THROW(Environment("cartpole_balance", 0, {.time_limit = 0}), Error);
  EXPECT_THROW(Environment("cartpole_balance", 0, {.time_limit = 1001}), Error);
}

TEST(Environment, SumsRewardsOverTheRepeatInDouble) {
  Environment once("cartpole_balance", 5, blind(1)), twice("cartpole_balance", 5, blind(2));
  (void)once.reset();
  (void)twice.reset();
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
  Environment played("reacher_easy", 9, blind(2)), skipped("reacher_easy", 9, blind(2));
  for (int i = 0; i < 3; ++i) {
    (void)played.reset();
    (void)played.step(std::vector<float>{0.5F, -1.0F});
  }
  (void)played.reset();
  skipped.skip_episodes(3);
  (void)skipped.reset();
  EXPECT_EQ(played.index(), 3);
  EXPECT_EQ(skipped.index(), 3);
  EXPECT_EQ(played.physics_state(), skipped.physics_state());
  EXPECT_EQ(played.model_changes(), skipped.model_changes());
  EXPECT_EQ(played.observations(), skipped.observations());
}

TEST(Environment, ReseededIsAsIfJustMade) {
  Environment used("reacher_easy", 1, blind(2)), made("reacher_easy", 2, blind(2));
  (void)used.reset();
  (void)used.step(std::vector<float>{1.0F, 1.0F});
  used.reseed(2);
  (void)used.reset();
  (void)made.reset();
  EXPECT_EQ(used.seed(), 2);
  EXPECT_EQ(used.index(), 0);
  for (int i = 0; i < 20; ++i) {
    const std::vector<float> action = {0.1F, -0.4F};
    EXPECT_EQ(used.step(action).reward, made.step(action).reward);
    ASSERT_EQ(used.physics_state(), made.physics_state());
  }
}

TEST(Environment, RestoredStateGoesOnAsTheOriginalDid) {
  Environment original("reacher_hard", 1, blind(2)), other("reacher_hard", 2, blind(2));
  (void)original.reset();
  const std::vector<float> action = {0.7F, -0.2F};
  for (int i = 0; i < 10; ++i) (void)original.step(action);
  (void)other.reset();
  (void)other.restore(original.physics_state(), original.model_changes());
  EXPECT_EQ(original.observations(), other.observations());
  for (int i = 0; i < 10; ++i) {
    (void)original.step(action);
    (void)other.step(action);
    ASSERT_EQ(original.physics_state(), other.physics_state());
  }
}

TEST(Environment, TouchingTheTargetIsRewarded) {
  Environment environment("reacher_hard", 4, blind(2));
  (void)environment.reset();
  // The arm lies along x, its tip 0.24 out.
  (void)environment.restore({{"qpos", {0, 0}}, {"qvel", {0, 0}}},
                            {{"geom_pos_target", {0.24, 0.0249, 0.01}}});
  EXPECT_EQ(environment.reward(), 1);  // 0.015 + the finger's 0.01
  (void)environment.restore({}, {{"geom_pos_target", {0.24, 0.0251, 0.01}}});
  EXPECT_EQ(environment.reward(), 0);
}

TEST(Environment, RefusesActionsOutsideItsSpace) {
  Environment environment("reacher_easy", 0, blind(2));
  (void)environment.reset();
  EXPECT_THROW((void)environment.step(std::vector<float>{0.0F}), Error);
  EXPECT_THROW((void)environment.step(std::vector<float>{0.0F, 1.0001F}), Error);
  EXPECT_THROW(
      (void)environment.step(std::vector<float>{0.0F, std::numeric_limits<float>::quiet_NaN()}),
      Error);
}

TEST(Environment, RefusesFieldsThatAreNotItsOwn) {
  Environment environment("reacher_easy", 0, blind(2));
  (void)environment.reset();
  EXPECT_THROW((void)environment.restore({{"qpos", {0.0}}}, {}), Error);
  EXPECT_THROW((void)environment.restore({{"qposs", {0.0, 0.0}}}, {}), Error);
}

TEST(Environment, ABrokenStateIsAnErrorAndNotAnObservation) {
  Environment environment("cartpole_swingup", 0, blind(2));
  (void)environment.reset();
  (void)environment.restore({{"qvel", {1e9, 1e9}}}, {});
  try {
    for (int i = 0; i < 100; ++i) (void)environment.step(std::vector<float>{1.0F});
    FAIL();
  } catch (const Breakdown& e) {
    EXPECT_THAT(e.what(), HasSubstr("physics broke down"));
  }
  // The next episode is as if nothing had been.
  Environment sound("cartpole_swingup", 0, blind(2));
  sound.skip_episodes(1);
  (void)sound.reset();
  (void)environment.reset();
  EXPECT_EQ(environment.index(), 1);
  EXPECT_EQ(environment.physics_state(), sound.physics_state());
  const std::vector<float> action = {0.4F};
  EXPECT_EQ(environment.step(action).reward, sound.step(action).reward);
}

TEST(Environment, RefusesSettingsThatMakeNoSense) {
  EXPECT_THROW(Environment("cartpole_balance", -1, blind(2)), Error);
  EXPECT_THROW(Environment("cartpole_balance", std::int64_t{1} << 32, blind(2)), Error);
  EXPECT_THROW(Environment("cartpole_balance", 0, blind(0)), Error);
  EXPECT_THROW(Environment("cartpole_balance", 0, {.height = 0}), Error);
}

}  // namespace
}  // namespace dreamer::env
