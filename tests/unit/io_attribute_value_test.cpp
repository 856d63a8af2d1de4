#include "io/attribute_value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace dreamer::io {
namespace {

TEST(AttributeValue, IntegersReadFromWhateverSaysThem) {
  for (const Json& value : {Json(1), Json(1U), Json(true), Json(1.0), Json({1}), Json({1.0})})
    EXPECT_EQ(value_as<std::int64_t>(value), 1) << value;
  for (const Json& value : {Json(1.5), Json("1"), Json(), Json({1, 2}), Json(1e30), Json(NAN),
                            Json(std::numeric_limits<std::uint64_t>::max())})
    EXPECT_EQ(value_as<std::int64_t>(value), std::nullopt) << value;
}

TEST(AttributeValue, RealsAndBooleansReadFromIntegers) {
  EXPECT_EQ(value_as<double>(Json({2})), 2.0);
  EXPECT_EQ(value_as<bool>(Json(1)), true);
  EXPECT_EQ(value_as<bool>(Json(2)), std::nullopt);
  EXPECT_EQ(value_as<double>(Json("2")), std::nullopt);
}

TEST(AttributeValue, TextReadsFromAnArrayOfOneAndFromNothing) {
  EXPECT_EQ(value_as<std::string>(Json({"a"})), "a");
  EXPECT_EQ(value_as<std::string>(Json()), "");
  EXPECT_EQ(value_as<std::string>(Json({"a", "b"})), std::nullopt);
  EXPECT_EQ(value_as<std::string>(Json({{"type", "compound"}})), std::nullopt);
}

TEST(AttributeValue, ArraysReadElementByElement) {
  EXPECT_EQ(value_as<std::vector<std::int64_t>>(Json({64, 64.0, 3})),
            (std::vector<std::int64_t>{64, 64, 3}));
  EXPECT_EQ(value_as<std::vector<std::int64_t>>(Json({64, "x"})), std::nullopt);
  EXPECT_EQ(value_as<std::vector<std::int64_t>>(Json(64)), std::nullopt);
}

}  // namespace
}  // namespace dreamer::io
