#include "collect/evaluation.h"

#include <gtest/gtest.h>

#include "collect/random_policy.h"
#include "core/error.h"

namespace dreamer {
namespace {

Evaluation run(std::int64_t envs) {
  EvaluationOptions options{.task = "cartpole_balance", .episodes = 3, .envs = envs, .seed = 4};
  options.environment.render = env::RenderQuality::none;
  return evaluate(options, [] { return std::make_unique<RandomPolicy>(1); });
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
  EXPECT_TRUE(satisfies(summary, "mean>=700"));
  EXPECT_TRUE(satisfies(summary, "mean <= 7e2"));
  EXPECT_FALSE(satisfies(summary, "mean>700"));
  for (const char* wrong : {"mean", "median>=1", "task>=1", "mean>=much", "mean=>700", ">=3"})
    EXPECT_THROW((void)satisfies(summary, wrong), Error) << wrong;
}

}  // namespace
}  // namespace dreamer
