#include "logged/tfrecord.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "io/foreign_file.h"

namespace dreamer::logged {
namespace {

TEST(TfRecord, ChecksumIsThatOfTheStandard) {
  // RFC 3720, appendix B.4
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
}

TEST(TfRecord, AnExampleIsItsFeatures) {
  // Example {features {feature {key: "a", value {int64_list {value: [1, 300]}}}}}
  const std::string record = std::string("\x0a\x0e\x0a\x0c\x0a\x01", 6) +
                             std::string("a\x12\x07\x1a\x05\x0a\x03\x01\xac\x02", 10);
  const auto features = parse_example(record, "x");
  ASSERT_EQ(features.size(), 1U);
  EXPECT_EQ(features.at("a").integers, (std::vector<std::int64_t>{1, 300}));
}

TEST(TfRecord, LengthsThatLeadOutsideAreErrors) {
  for (const std::string& record :
       {std::string("\x0a\x7f"), std::string("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        std::string("\x0b"), std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")})
    EXPECT_THROW((void)parse_example(record, "x"), Error);
}

TEST(NaturalOrder, DigitsStandForNumbers) {
  EXPECT_TRUE(io::natural_less("demo_2", "demo_10"));
  EXPECT_FALSE(io::natural_less("demo_10", "demo_2"));
  EXPECT_TRUE(io::natural_less("demo_09", "demo_10"));
  EXPECT_TRUE(io::natural_less("a", "b"));
  EXPECT_FALSE(io::natural_less("a", "a"));
  EXPECT_TRUE(io::natural_less("99999999999999999998", "99999999999999999999"));
}

}  // namespace
}  // namespace dreamer::logged
