#include "core/parse_number.h"

#include <gtest/gtest.h>

namespace dreamer {
namespace {

TEST(ParseNumber, ZerosInFrontMeanNothing) {
  EXPECT_EQ(parse_integer("0000000010"), 10);
  EXPECT_EQ(parse_integer("-007"), -7);
  EXPECT_EQ(parse_integer("08"), 8);
  EXPECT_EQ(parse_integer("0"), 0);
  EXPECT_EQ(parse_real("010"), 10);
}

TEST(ParseNumber, WhatIsNotAWholeDecimalNumberIsNone) {
  for (const char* text :
       {"", "abc", "0x10", "1e3", "3 ", " 3", "+3", "1.0", "9223372036854775808"})
    EXPECT_FALSE(parse_integer(text)) << text;
  for (const char* text : {"", "nan", "inf", "0x10", "1e999", "2,5"})
    EXPECT_FALSE(parse_real(text)) << text;
  EXPECT_EQ(parse_real("-2.5e-1"), -0.25);
}

TEST(ParseNumber, SizesHaveUnitsOfPowersOf1024) {
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
