#include "env/tolerance.h"

#include <gtest/gtest.h>

namespace dreamer::env {
namespace {

// Golden values: dm_control.utils.rewards.tolerance of dm_control 1.0.47.
TEST(Tolerance, EqualsDmControlToTheLastBit) {
  EXPECT_EQ(tolerance(0.7, {0, 0.2}, {.width = 1, .square = Square::scalar}), 0x1.1feb33c1c381fp-1);
  EXPECT_EQ(tolerance(3, {10, kInfinity}, {.width = 10, .sigmoid = Sigmoid::linear, .value = 0}),
            0x1.3333333333334p-2);
  EXPECT_EQ(tolerance(1.7, {2, kInfinity}, {.width = 1, .sigmoid = Sigmoid::linear, .value = 0.5}),
            0x1.b333333333333p-1);
  EXPECT_EQ(tolerance(0.3, {}, {.width = 1, .sigmoid = Sigmoid::quadratic, .value = 0}),
            0x1.d1eb851eb851fp-1);
}

TEST(Tolerance, SquaresScalarsAndArraysAsNumPyDoes) {
  constexpr double kX = -2.5002541216860044;
  EXPECT_EQ(tolerance(kX, {}, {.width = 2, .square = Square::scalar}), 0x1.c055a952497f6p-6);
  EXPECT_EQ(tolerance(kX, {}, {.width = 2, .square = Square::array}), 0x1.c055a952497f2p-6);
}

TEST(Tolerance, IsOneInsideItsBoundsAndOnThem) {
  for (const double x : {-0.25, 0.0, 0.25}) EXPECT_EQ(tolerance(x, {-0.25, 0.25}), 1);
}

TEST(Tolerance, WithoutMarginIsZeroOutside) {
  EXPECT_EQ(tolerance(0.2500001, {-0.25, 0.25}), 0);
  EXPECT_EQ(tolerance(-0.2500001, {-0.25, 0.25}), 0);
}

TEST(Tolerance, LinearReachesZeroAndStaysThere) {
  const Margin margin{.width = 10, .sigmoid = Sigmoid::linear, .value = 0};
  EXPECT_EQ(tolerance(0, {10, kInfinity}, margin), 0);
  EXPECT_EQ(tolerance(-12, {10, kInfinity}, margin), 0);
}

}  // namespace
}  // namespace dreamer::env
