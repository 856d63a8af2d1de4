#include "collect/random_policy.h"

#include <gtest/gtest.h>

namespace dreamer {
namespace {

std::vector<std::vector<float>> actions(RandomPolicy policy, std::int64_t seed,
                                        std::int64_t index) {
  policy.begin({seed, index});
  std::vector<std::vector<float>> all;
  for (int step = 0; step < 1000; ++step) all.push_back(policy.act({}));
  return all;
}

TEST(RandomPolicy, IsAFunctionOfSeedEpisodeAndStep) {
  EXPECT_EQ(actions(RandomPolicy(2), 1, 5), actions(RandomPolicy(2), 1, 5));
  EXPECT_NE(actions(RandomPolicy(2), 1, 5), actions(RandomPolicy(2), 1, 6));
  EXPECT_NE(actions(RandomPolicy(2), 1, 5), actions(RandomPolicy(2), 2, 5));
}

TEST(RandomPolicy, FillsItsRangeEvenly) {
  double sum = 0, squares = 0;
  for (const auto& action : actions(RandomPolicy(3), 0, 0))
    for (const float a : action) {
      ASSERT_GE(a, -1);
      ASSERT_LE(a, 1);
      sum += a;
      squares += a * a;
    }
  EXPECT_NEAR(sum / 3000, 0, 0.05);
  EXPECT_NEAR(squares / 3000, 1.0 / 3, 0.02);
}

TEST(RandomPolicy, HoldsAnActionForUpToSoManySteps) {
  const auto held = actions(RandomPolicy(1, 4), 0, 0);
  int changes = 0, run = 1;
  for (std::size_t i = 1; i < held.size(); ++i) {
    if (held[i] != held[i - 1]) {
      ++changes;
      run = 0;
    }
    ASSERT_LE(++run, 4 + (i < 4 ? 1 : 0));
  }
  EXPECT_NEAR(changes, 400, 40);  // 2.5 steps on average
}

}  // namespace
}  // namespace dreamer
