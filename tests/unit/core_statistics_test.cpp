#include "core/statistics.h"

#include <gtest/gtest.h>

namespace dreamer {
namespace {

TEST(Statistics, OfKnownNumbers) {
  EXPECT_EQ(mean_of({1, 2, 6}), 3);
  EXPECT_DOUBLE_EQ(stddev_of({2, 4, 4, 4, 5, 5, 7, 9}), 2);
  EXPECT_EQ(stddev_of({3}), 0);
}

TEST(Statistics, TheInterquartileMeanLeavesAQuarterOutOnEachSide) {
  EXPECT_EQ(interquartile_mean({100, 2, 4, -100}), 3);
  EXPECT_EQ(interquartile_mean({8, 1, 2, 3, 4, 5, 6, 900}), 4.5);
  EXPECT_EQ(interquartile_mean({1, 2, 6}), 3) << "three have no quarter";
}

TEST(Statistics, TheBootstrapIntervalHoldsTheMeanAndIsTheSameForASeed) {
  const std::vector<double> values = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  const ConfidenceInterval interval = bootstrap_ci95(values, 3), again = bootstrap_ci95(values, 3);
  // The normal approximation of the mean: 5.5 ± 1.96 · 2.87 / √10.
  EXPECT_NEAR(interval.low, 3.72, 0.15);
  EXPECT_NEAR(interval.high, 7.28, 0.15);
  EXPECT_EQ(interval.low, again.low);
  EXPECT_EQ(bootstrap_ci95({4, 4}, 0).low, 4);
}

}  // namespace
}  // namespace dreamer
