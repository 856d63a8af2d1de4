#include "core/memory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>

#include <fmt/format.h>

namespace dreamer {
namespace {

namespace fs = std::filesystem;

class ControlGroups : public testing::Test {
 protected:
  void TearDown() override { fs::remove_all(folder_); }

  void write(const fs::path& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  [[nodiscard]] std::int64_t left() const {
    return left_by_control_groups(folder_ / "membership", folder_);
  }

  fs::path folder_ = fs::path(testing::TempDir()) / fmt::format("control-groups-{}", ::getpid());
};

TEST_F(ControlGroups, OfVersion2LeaveTheirLimitLessWhatIsUsedAndDoesNotGiveWay) {
  write("membership", "0::/jobs/7\n");
  write("jobs/7/memory.max", "1000\n");
  write("jobs/7/memory.current", "700\n");
  write("jobs/7/memory.stat", "anon 400\ninactive_file 100\n");
  EXPECT_EQ(left(), 400);
  write("jobs/memory.max", "900\n");  // a tighter one above
  write("jobs/memory.current", "800\n");
  EXPECT_EQ(left(), 100);
  write("jobs/memory.max", "max\n");
  EXPECT_EQ(left(), 400);
}

TEST_F(ControlGroups, OfVersion1AreThoseOfTheMemoryController) {
  write("membership", "4:cpu,cpuacct:/elsewhere\n3:memory:/not/seen/from/a/container\n");
  write("memory/memory.limit_in_bytes", "5000\n");
  write("memory/memory.usage_in_bytes", "2000\n");
  EXPECT_EQ(left(), 3000);
}

TEST_F(ControlGroups, WithoutAFileSetNoLimit) {
  EXPECT_EQ(left(), std::numeric_limits<std::int64_t>::max());
  write("membership", "0::/\n");
  EXPECT_EQ(left(), std::numeric_limits<std::int64_t>::max());
}

bool limit_addresses(rlim_t bytes) {
  const rlimit limit{.rlim_cur = bytes, .rlim_max = bytes};
  return ::setrlimit(RLIMIT_AS, &limit) == 0;
}

TEST(AvailableMemory, IsWhatTheLimitOnAddressesLeaves) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers map more addresses than any limit leaves";
#endif
  constexpr std::int64_t kMebi = 1 << 20, kLimit = std::int64_t{1} << 32;
  EXPECT_GT(available_memory(), kMebi);
  EXPECT_EXIT(std::_Exit(limit_addresses(kLimit) && available_memory() < kLimit ? 0 : 1),
              testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace dreamer
