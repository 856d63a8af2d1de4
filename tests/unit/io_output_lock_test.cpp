#include "io/output_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/error.h"

namespace dreamer::io {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

std::string refusal(const fs::path& out) {
  try {
    const OutputLock lock(out);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

class Lock : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] bool is_empty() const { return fs::is_empty(folder_); }

  fs::path folder_ = fs::path(testing::TempDir()) / fmt::format("output-lock-{}", ::getpid());
  fs::path out_ = folder_ / "model.h5";
};

TEST_F(Lock, KeepsASecondRunAwayAndNamesTheFirst) {
  const OutputLock lock(out_);
  EXPECT_THAT(refusal(out_), AllOf(HasSubstr("model.h5"), HasSubstr("--out"),
                                   HasSubstr(fmt::format("process {}", ::getpid()))));
}

TEST_F(Lock, IsTheSameByEveryNameOfTheFolderAndForAllThatShareAResumeFile) {
  fs::create_directory_symlink(folder_, folder_ / "link");
  const OutputLock lock(out_);
  EXPECT_NE(refusal(folder_ / "link" / "model.h5"), "");
  EXPECT_NE(refusal(folder_ / "model.hdf5"), "");
  EXPECT_EQ(refusal(folder_ / "policy.h5"), "");
}

TEST_F(Lock, LeavesNothingBehind) {
  { const OutputLock lock(out_); }
  EXPECT_TRUE(is_empty());
  EXPECT_EQ(refusal(out_), "");
}

TEST_F(Lock, OfAKilledProcessIsNone) {
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe(ready.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const OutputLock lock(out_);
    if (::write(ready[1], "x", 1) == 1) ::pause();
    std::_Exit(1);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_THAT(refusal(out_), HasSubstr(fmt::format("process {}", child)));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(is_empty());
  EXPECT_EQ(refusal(out_), "");
  EXPECT_TRUE(is_empty());
}

TEST_F(Lock, SaysThatTheFolderIsNotThere) {
  EXPECT_THAT(refusal(folder_ / "none" / "model.h5"), HasSubstr("model.h5"));
}

}  // namespace
}  // namespace dreamer::io
