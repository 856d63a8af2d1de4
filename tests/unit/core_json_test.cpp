#include "core/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/error.h"

namespace dreamer {
namespace {

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') +
         std::string(static_cast<std::size_t>(depth), ']');
}

TEST(JsonText, ReadsWhatIsJson) {
  EXPECT_EQ(try_parse_json(R"({"a": [1, "]}", {"b": null}]})"),
            Json({{"a", {1, "]}", {{"b", nullptr}}}}}));
  EXPECT_EQ(try_parse_json(R"("\"[[[")"), Json("\"[[["));
  EXPECT_EQ(try_parse_json("{"), std::nullopt);
  EXPECT_EQ(try_parse_json(""), std::nullopt);
}

TEST(JsonText, DeepNestingIsRefusedAndWhatItHoldsIsNot) {
  EXPECT_TRUE(try_parse_json(nested(kDeepestJson)).has_value());
  EXPECT_EQ(try_parse_json(nested(kDeepestJson + 1)), std::nullopt);
  EXPECT_EQ(try_parse_json(nested(1'000'000)), std::nullopt);
  // Brackets in a string or side by side do not nest.
  EXPECT_TRUE(try_parse_json("\"" + nested(1000) + "\"").has_value());
  std::string flat = "[0";
  for (int i = 0; i < 1000; ++i) flat += ",[]";
  EXPECT_TRUE(try_parse_json(flat + "]").has_value());
}

TEST(JsonText, CommentsHideNoNesting) {
  const std::string text = "// \"\n" + nested(1000);
  EXPECT_THROW((void)parse_json(text, "x", JsonComments::ignore), Error);
  EXPECT_EQ(parse_json("/* [[[ */ [1] // \"", "x", JsonComments::ignore), Json({1}));
}

TEST(JsonText, ErrorsNameThePlaceAndTheReason) {
  try {
    (void)parse_json("{\"a\": }", "a.h5: /@b");
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), ::testing::StartsWith("a.h5: /@b: not JSON: parse error at line 1"));
  }
}

TEST(JsonText, LongTextIsRefused) {
  EXPECT_EQ(try_parse_json("\"" + std::string(kLongestJson, 'x') + "\""), std::nullopt);
}

}  // namespace
}  // namespace dreamer
