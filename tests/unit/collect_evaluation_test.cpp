#include "collect/evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collect/random_policy.h"
#include "core/error.h"

namespace dreamer {
namespace {

Evaluation run(std::int64_t envs) {
  EvaluationOptions options{.task = "cartpole_balance", .episodes = 3, .envs = envs, .seed = 4};
  options.environment.render = env::RenderQuality::none;
  return evaluate(options, [] {
    return std::make_unique<RandomPolicy>(Space{.name = "action", .shape = {1}});
  });
}

TEST(Evaluation, ReturnsDoNotDependOnHowManyEnvironmentsRunSideBySide) {
  EXPECT_EQ(run(1).returns, run(3).returns);
}

TEST(Evaluation, SeedsAreNoneOfTraining) { EXPECT_GT(run(1).first.seed, std::int64_t{0x7fffffff}); }

TEST(Summary, HasMeanSpreadAndAnIntervalAroundTheMean) {
  const Json summary = summarize({1, 2, 3, 4}, 0);
  EXPECT_DOUBLE_EQ(summary["mean"], 2.5);
  EXPECT_DOUBLE_EQ(summary["std"], std::sqrt(1.25));
  EXPECT_LT(summary["ci95"][0], 2.5);
  EXPECT_GT(summary["ci95"][1], 2.5);
  EXPECT_EQ(summary, summarize({1, 2, 3, 4}, 0));
}

TEST(Requirement, ComparesANumberOfTheSummary) {
  const Json summary = {{"mean", 700.0}, {"task", "x"}};
  EXPECT_TRUE(Requirement("mean>=700").holds(summary));
  EXPECT_TRUE(Requirement("mean <= 7e2").holds(summary));
  EXPECT_FALSE(Requirement("mean>700").holds(summary));
  for (const char* absent : {"median>=1", "task>=1", ">=3"})
    EXPECT_THROW((void)Requirement(absent).holds(summary), Error) << absent;
}

TEST(Requirement, IsReadBeforeThereIsASummary) {
  for (const char* wrong : {"mean", "mean>=much", "mean=>700", "mean>>3", "mean>=0x10", "mean>nan"})
    EXPECT_THROW((void)Requirement(wrong), Error) << wrong;
  EXPECT_THROW(Requirement("avg>3").check_name({"episodes", "mean"}), Error);
  Requirement("mean>3").check_name({"episodes", "mean"});
}

TEST(Requirement, MayAskForTheNumbersOfAModel) {
  const auto names = numbers_of_a_model();
  for (const char* name : {"psnr", "psnr_gain_at_end", "explained", "reward_mae", "episodes"})
    EXPECT_THAT(names, ::testing::Contains(name));
  EXPECT_THAT(names, ::testing::Not(::testing::Contains("by_horizon")));
}

}  // namespace
}  // namespace dreamer
