#include "core/number.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace dreamer {
namespace {

TEST(Number, AFloatIsPrintedInAsFewDigitsAsGiveItBack) {
  EXPECT_EQ(Json(as_printed(0.3F)).dump(), "0.3");
  EXPECT_EQ(Json(as_printed(96.25487F)).dump(), "96.25487");
  EXPECT_EQ(Json(as_printed(1e-20F)).dump(), "1e-20");
  for (float x = 1e-30F; x < 1e30F; x *= 1.7F) {
    EXPECT_EQ(static_cast<float>(as_printed(x)), x);
    EXPECT_EQ(as_printed(-x), -as_printed(x));
    EXPECT_LE(Json(as_printed(x)).dump().size(), 14U) << x;  // nine digits, point, exponent
  }
}

TEST(Number, WhatIsNotFiniteStaysSo) {
  EXPECT_TRUE(std::isnan(as_printed(std::numeric_limits<float>::quiet_NaN())));
  EXPECT_EQ(as_printed(-std::numeric_limits<float>::infinity()),
            -std::numeric_limits<double>::infinity());
}

TEST(Number, OnlyTheRealNumbersOfJsonChange) {
  const Json values = {{"a", static_cast<double>(0.1F)}, {"n", 16777217}, {"list", {0.1, "x"}}};
  EXPECT_EQ(as_printed(values).dump(), R"({"a":0.1,"n":16777217,"list":[0.1,"x"]})");
}

}  // namespace
}  // namespace dreamer
