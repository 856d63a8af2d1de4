#include "core/number.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace dreamer {
namespace {

int significant_digits(std::string text) {
  text.erase(std::min(text.find('e'), text.size()));
  std::erase(text, '.');
  text.erase(0, text.find_first_not_of('0'));
  text.erase(text.find_last_not_of('0') + 1);
  return static_cast<int>(text.size());
}

TEST(Number, AFloatIsPrintedInAsFewDigitsAsGiveItBack) {
  EXPECT_EQ(Json(as_printed(0.3F)).dump(), "0.3");
  EXPECT_EQ(Json(as_printed(96.25487F)).dump(), "96.25487");
  EXPECT_EQ(Json(as_printed(1e-20F)).dump(), "1e-20");
  for (int power = 0; power < 260; ++power) {
    const auto x = static_cast<float>(1e-30 * std::pow(1.7, power));
    EXPECT_EQ(static_cast<float>(as_printed(x)), x);
    EXPECT_EQ(as_printed(-x), -as_printed(x));
    // By fmt: the JSON library prints one double in a thousand with more digits than it needs.
    EXPECT_LE(significant_digits(fmt::format("{}", as_printed(x))), 9) << x;
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

TEST(Number, ZerosInFrontMeanNothing) {
  EXPECT_EQ(parse_integer("0000000010"), 10);
  EXPECT_EQ(parse_integer("-007"), -7);
  EXPECT_EQ(parse_integer("08"), 8);
  EXPECT_EQ(parse_integer("0"), 0);
  EXPECT_EQ(parse_real("010"), 10);
}

TEST(Number, WhatIsNotAWholeDecimalNumberIsNone) {
  for (const char* text :
       {"", "abc", "0x10", "1e3", "3 ", " 3", "+3", "1.0", "9223372036854775808"})
    EXPECT_FALSE(parse_integer(text)) << text;
  for (const char* text : {"", "nan", "inf", "0x10", "1e999", "2,5"})
    EXPECT_FALSE(parse_real(text)) << text;
  EXPECT_EQ(parse_real("-2.5e-1"), -0.25);
}

TEST(Number, SizesHaveUnitsOfPowersOf1024) {
  EXPECT_EQ(parse_size("010"), 10);
  EXPECT_EQ(parse_size("2k"), 2048);
  EXPECT_EQ(parse_size("500M"), std::int64_t{500} << 20);
  EXPECT_EQ(parse_size("4GB"), std::int64_t{4} << 30);
  EXPECT_EQ(parse_size("1GiB"), std::int64_t{1} << 30);
  EXPECT_EQ(parse_size("3T"), std::int64_t{3} << 40);
  EXPECT_EQ(parse_size("7b"), 7);
  for (const char* text : {"", "-1", "G", "4X", "4Gi", "4iB", "1.5G", "4 G", "0x10", "9000000T"})
    EXPECT_FALSE(parse_size(text)) << text;
}

}  // namespace
}  // namespace dreamer
