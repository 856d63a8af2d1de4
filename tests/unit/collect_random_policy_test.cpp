#include "collect/random_policy.h"

#include <algorithm>
#include <map>
#include <utility>

#include <gtest/gtest.h>

namespace dreamer {
namespace {

Space box(std::int64_t size) { return {.name = "action", .shape = {size}}; }

std::vector<std::vector<float>> actions(RandomPolicy policy, std::int64_t seed,
                                        std::int64_t index) {
  policy.begin({seed, index});
  std::vector<std::vector<float>> all;
  for (int step = 0; step < 1000; ++step) all.push_back(policy.act({}));
  return all;
}

TEST(RandomPolicy, IsAFunctionOfSeedEpisodeAndStep) {
  EXPECT_EQ(actions(RandomPolicy(box(2)), 1, 5), actions(RandomPolicy(box(2)), 1, 5));
  EXPECT_NE(actions(RandomPolicy(box(2)), 1, 5), actions(RandomPolicy(box(2)), 1, 6));
  EXPECT_NE(actions(RandomPolicy(box(2)), 1, 5), actions(RandomPolicy(box(2)), 2, 5));
}

TEST(RandomPolicy, FillsItsRangeEvenly) {
  double sum = 0, squares = 0;
  for (const auto& action : actions(RandomPolicy(box(3)), 0, 0))
    for (const float a : action) {
      ASSERT_GE(a, -1);
      ASSERT_LE(a, 1);
      sum += a;
      squares += a * a;
    }
  EXPECT_NEAR(sum / 3000, 0, 0.05);
  EXPECT_NEAR(squares / 3000, 1.0 / 3, 0.02);
}

TEST(RandomPolicy, ChoosesEveryDiscreteActionAsOften) {
  const Space space = discrete_space("action", {4});
  std::vector<int> chosen(4);
  for (const auto& action : actions(RandomPolicy(space), 0, 0)) {
    EXPECT_EQ(std::count(action.begin(), action.end(), 0.0F), 3);
    chosen[static_cast<std::size_t>(std::find(action.begin(), action.end(), 1.0F) -
                                    action.begin())] += 1;
  }
  for (const int count : chosen) EXPECT_NEAR(count, 250, 60);
}

TEST(RandomPolicy, ChoosesInEveryGroupByItself) {
  std::map<std::pair<std::ptrdiff_t, std::ptrdiff_t>, int> chosen;
  for (const auto& action : actions(RandomPolicy(discrete_space("action", {3, 2})), 0, 0)) {
    const auto second = action.begin() + 3;
    ASSERT_EQ(std::count(action.begin(), second, 1.0F), 1);
    ASSERT_EQ(std::count(second, action.end(), 1.0F), 1);
    chosen[{std::find(action.begin(), second, 1.0F) - action.begin(),
            std::find(second, action.end(), 1.0F) - second}] += 1;
  }
  ASSERT_EQ(chosen.size(), 6);
  for (const auto& [choice, count] : chosen) EXPECT_NEAR(count, 1000 / 6.0, 50);
}

TEST(RandomPolicy, HoldsAnActionForUpToSoManySteps) {
  const auto held = actions(RandomPolicy(box(1), 4), 0, 0);
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
