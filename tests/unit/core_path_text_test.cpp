#include "core/path_text.h"

#include <gtest/gtest.h>

#include <string>

#include "core/json.h"

namespace dreamer {
namespace {

TEST(PathText, OrdinaryPathsAreTheirOwnText) {
  for (const char* path : {"a.h5", "/data/two words.h5", "grün/100%.h5", "日本.h5", ""}) {
    EXPECT_EQ(text_of_path(path), path);
    EXPECT_EQ(path_of_text(path), path);
  }
}

TEST(PathText, PathsOfAnyBytesComeBack) {
  EXPECT_EQ(text_of_path("lat\xe9in/100%.h5"), "file:lat%E9in/100%25.h5");
  for (const std::string path :
       {"lat\xe9in/a.h5", "gr\xc3\xbcn\xff%41.h5", "file:a.h5", "\xed\xa0\x80", "\xc0\xaf",
        "\xf4\x90\x80\x80", "\xe2\x82", "file:%"}) {
    const std::string text = text_of_path(path);
    EXPECT_NO_THROW((void)Json(text).dump()) << text;
    EXPECT_EQ(path_of_text(text).string(), path);
  }
}

TEST(PathText, WhatIsNoEncodedByteStays) {
  EXPECT_EQ(path_of_text("file:100%").string(), "100%");
  EXPECT_EQ(path_of_text("file:%zz%4").string(), "%zz%4");
}

}  // namespace
}  // namespace dreamer
