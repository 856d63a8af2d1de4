#include <cmath>

#include <gtest/gtest.h>

#include "ops/vector_math.h"

namespace dreamer::ops {
namespace {

// The largest error relative to the exact value, over [from,to] and the logarithms of its ends.
template <class Ours, class Exact>
double largest_error(Ours ours, Exact exact, double from, double to) {
  double worst = 0;
  const auto check = [&](float x) {
    const double y = exact(static_cast<double>(x));
    if (std::abs(y) < 1e-37) return;  // less than a normal float
    worst = std::max(worst, std::abs(static_cast<double>(ours(x)) - y) / std::abs(y));
  };
  for (int i = 0; i <= 200000; ++i) check(static_cast<float>(from + (to - from) * i / 200000));
  for (int i = 0; i < 16000; ++i) {
    const double x = 1e-30 * std::pow(1.01, i);
    if (x < to) check(static_cast<float>(x));
    if (x < -from) check(static_cast<float>(-x));
  }
  return worst;
}

constexpr double kFewUlp = 3.6e-7;  // three units in the last place

TEST(VectorMath, ExponentialsAreExactToTheLastBits) {
  EXPECT_LT(largest_error(
                exponential, [](double x) { return std::exp(x); }, -86, 87),
            kFewUlp);
  EXPECT_LT(largest_error(
                exponential_minus_1, [](double x) { return std::expm1(x); }, -87, 87),
            kFewUlp);
}

TEST(VectorMath, WhatIsMadeOfThemIsToo) {
  EXPECT_LT(largest_error(
                sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }, -86, 86),
            kFewUlp);
  EXPECT_LT(largest_error(
                hyperbolic_tangent, [](double x) { return std::tanh(x); }, -50, 50),
            kFewUlp);
  EXPECT_LT(largest_error(
                softplus, [](double x) { return std::log1p(std::exp(x)); }, -86, 86),
            kFewUlp);
  EXPECT_LT(largest_error([](float x) { return elu(x); },
                          [](double x) { return x > 0 ? x : std::expm1(x); }, -100, 100),
            kFewUlp);
}

TEST(VectorMath, LogarithmIsExactToTheLastBits) {
  EXPECT_LT(largest_error(
                logarithm, [](double x) { return std::log(x); }, 1e-6, 1e30),
            kFewUlp);
  // Near 1, where its value is small.
  EXPECT_LT(largest_error(
                logarithm, [](double x) { return std::log(x); }, 0.5, 2),
            kFewUlp);
}

TEST(VectorMath, StaysFiniteFarOutAndKeepsNan) {
  const float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(sigmoid(infinity), 1.0F);
  EXPECT_LT(sigmoid(-infinity), 1e-37F);
  EXPECT_EQ(hyperbolic_tangent(infinity), 1.0F);
  EXPECT_EQ(hyperbolic_tangent(-infinity), -1.0F);
  EXPECT_EQ(softplus(1000.0F), 1000.0F);
  EXPECT_EQ(elu(1000.0F), 1000.0F);
  EXPECT_EQ(elu(-1000.0F), -1.0F);
  for (const float y :
       {sigmoid(nan), hyperbolic_tangent(nan), softplus(nan), elu(nan), logarithm(nan)})
    EXPECT_TRUE(std::isnan(y));
}

}  // namespace
}  // namespace dreamer::ops
