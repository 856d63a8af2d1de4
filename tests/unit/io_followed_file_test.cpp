#include "io/followed_file.h"

#include "unit/data_fixture.h"

namespace dreamer::io {
namespace {

using testing_data::spill;

class FollowedFileTest : public testing_data::Scratch {
 protected:
  std::filesystem::path path = dir / "policy.h5";

  void replace(const std::string& contents) {
    spill(dir / "part", contents);
    std::filesystem::rename(dir / "part", path);
  }
};

TEST_F(FollowedFileTest, EachFileIsNewOnce) {
  FollowedFile file(path);
  EXPECT_FALSE(file.is_new());
  for (int i = 0; i < 20; ++i) {  // faster than a clock of whole seconds, and of one size
    replace("the same");
    EXPECT_TRUE(file.is_new());
    EXPECT_FALSE(file.is_new());
  }
  std::filesystem::remove(path);
  EXPECT_FALSE(file.is_new());
}

TEST_F(FollowedFileTest, WhatIsThereIsNotWaitedFor) {
  replace("policy");
  FollowedFile file(path);
  EXPECT_TRUE(file.wait());
  EXPECT_FALSE(file.is_new());
}

}  // namespace
}  // namespace dreamer::io
