#include "core/printable.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "core/log.h"

namespace dreamer {
namespace {

TEST(Printable, LeavesTextOfAnyLanguageAsItIs) {
  EXPECT_EQ(printable("épisodes/ß-日本.h5: 3 rows"), "épisodes/ß-日本.h5: 3 rows");
  EXPECT_EQ(printable("\xff not UTF-8"), "\xff not UTF-8");
  EXPECT_EQ(printable("£ § \xC2\xA0"), "£ § \xC2\xA0");
}

TEST(Printable, ControlCharactersNeitherEndTheLineNorMoveTheCursor) {
  EXPECT_EQ(printable("a\nb\tc\x1b[2J\x7f"), "a\\x0ab\\x09c\\x1b[2J\\x7f");
  EXPECT_EQ(printable(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("\xC2\x9B[2J"), "\\x9b[2J");  // CSI, in UTF-8
}

TEST(Printable, LongTextKeepsItsBeginningAndItsEnd) {
  const std::string text = "ep.h5: " + std::string(10000, 'x') + "; copy it again";
  const std::string shown = printable(text, 300);
  EXPECT_LE(shown.size(), 310);
  EXPECT_TRUE(shown.starts_with("ep.h5: xxx"));
  EXPECT_TRUE(shown.ends_with("xxx; copy it again"));
}

TEST(Printable, LongTextIsCutBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "é";
  for (std::size_t most = 300; most < 310; ++most) {
    const std::string shown = printable(text, most);
    EXPECT_EQ(shown.find(" … ") % 2, 0);
    EXPECT_EQ((shown.size() - std::string(" … ").size()) % 2, 0);
  }
}

TEST(Printable, AMessageIsOneLineWhateverItQuotes) {
  testing::internal::CaptureStderr();
  log::error("a\nb\x1b[31m" + std::string(100000, 'x'));
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1);
  EXPECT_EQ(said.find('\x1b'), std::string::npos);
  EXPECT_LT(said.size(), 1200);
}

}  // namespace
}  // namespace dreamer
