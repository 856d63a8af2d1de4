#include "core/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace dreamer {
namespace {

TEST(RandomStream, DrawsDependOnSeedNameUpdateAndIndexAlone) {
  const RandomStream a(1, "replay"), again(1, "replay");
  EXPECT_EQ(a.bits(5, 7), again.bits(5, 7));
  EXPECT_NE(a.bits(5, 7), a.bits(5, 8));
  EXPECT_NE(a.bits(5, 7), a.bits(6, 7));
  EXPECT_NE(a.bits(5, 7), RandomStream(2, "replay").bits(5, 7));
  EXPECT_NE(a.bits(5, 7), RandomStream(1, "reply").bits(5, 7));
}

TEST(RandomStream, LongerFillsBeginLikeShorterOnes) {
  const RandomStream stream(3, "noise");
  std::vector<float> few(5), many(50);
  stream.fill_normal(9, few);
  stream.fill_normal(9, many);
  for (std::size_t i = 0; i < few.size(); ++i) EXPECT_EQ(few[i], many[i]);
}

TEST(RandomStream, NormalsHaveTheMomentsOfNormals) {
  std::vector<float> x(1 << 20);
  RandomStream(4, "noise").fill_normal(0, x);
  double moments[5] = {};
  for (const float v : x) {
    ASSERT_TRUE(std::isfinite(v));
    for (int k = 1; k <= 4; ++k) moments[k] += std::pow(static_cast<double>(v), k);
  }
  const auto n = static_cast<double>(x.size());
  EXPECT_NEAR(moments[1] / n, 0, 0.005);
  EXPECT_NEAR(moments[2] / n, 1, 0.01);
  EXPECT_NEAR(moments[3] / n, 0, 0.02);
  EXPECT_NEAR(moments[4] / n, 3, 0.05);
}

TEST(RandomStream, UniformsFillTheUnitIntervalEvenly) {
  const RandomStream stream(5, "u");
  std::vector<int> bins(10);
  for (std::uint64_t i = 0; i < 100000; ++i) {
    const double u = stream.uniform(0, i);
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    ++bins[static_cast<std::size_t>(u * 10)];
    ASSERT_LT(stream.below(7, 1, i), 7U);
  }
  for (const int count : bins) EXPECT_NEAR(count, 10000, 500);
}

}  // namespace
}  // namespace dreamer
