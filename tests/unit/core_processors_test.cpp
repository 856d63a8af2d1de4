#include "core/processors.h"

#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "core/error.h"

namespace dreamer {
namespace {

namespace fs = std::filesystem;

/// A root with files of cgroup as the kernel writes them.
class Cgroup : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::path(::testing::TempDir()) / fmt::format("cgroup-{}-{}", test->name(), getpid());
  }
  void TearDown() override { fs::remove_all(root_); }
  void put(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  void member(const std::string& text) const { put("proc/self/cgroup", text); }

  fs::path root_;
  static constexpr std::int64_t kMany = 1 << 30;
};

TEST_F(Cgroup, OfVersion2GrantsItsQuota) {
  member("0::/user.slice/job.scope\n");
  put("sys/fs/cgroup/user.slice/job.scope/cpu.max", "200000 100000\n");
  EXPECT_EQ(cores_of_cgroup(root_), 2);
}

TEST_F(Cgroup, LimitsOfThoseAboveHoldToo) {
  member("0::/a/b/c\n");
  put("sys/fs/cgroup/a/b/c/cpu.max", "800000 100000\n");
  put("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  put("sys/fs/cgroup/a/cpu.max", "300000 100000\n");
  EXPECT_EQ(cores_of_cgroup(root_), 3);
}

TEST_F(Cgroup, PartsOfACoreAreRoundedUp) {
  member("0::/\n");
  put("sys/fs/cgroup/cpu.max", "150000 100000\n");
  EXPECT_EQ(cores_of_cgroup(root_), 2);
  put("sys/fs/cgroup/cpu.max", "10000 100000\n");
  EXPECT_EQ(cores_of_cgroup(root_), 1);
}

TEST_F(Cgroup, OfVersion1IsFoundByItsController) {
  member(
      "12:memory:/docker/0123\n"
      "5:cpuacct,cpu:/docker/0123\n"
      "1:name=systemd:/docker/0123\n"
      "0::/docker/0123\n");
  // As a container sees it: its own part of the host's tree.
  put("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "400000\n");
  put("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cores_of_cgroup(root_), 4);
  put("sys/fs/cgroup/cpu/docker/0123/cpu.cfs_quota_us", "250000\n");
  put("sys/fs/cgroup/cpu/docker/0123/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cores_of_cgroup(root_), 3);
}

TEST_F(Cgroup, WithoutALimitGrantsEverything) {
  EXPECT_GT(cores_of_cgroup(root_), kMany) << "no cgroup at all";
  member("0::/\n4:cpu:/\n");
  EXPECT_GT(cores_of_cgroup(root_), kMany) << "no files";
  put("sys/fs/cgroup/cpu.max", "max 100000\n");
  put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  put("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_GT(cores_of_cgroup(root_), kMany) << "no quota";
  put("sys/fs/cgroup/cpu.max", "nonsense\n");
  EXPECT_GT(cores_of_cgroup(root_), kMany) << "no number";
}

// In a thread of its own, whose mask is not that of the others.
TEST(Processors, ThoseOutsideOfTheAffinityMaskAreNotUsable) {
  std::jthread([] {
    cpu_set_t allowed;
    ASSERT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    EXPECT_LE(usable_cores(), CPU_COUNT(&allowed));
    int first = 0;
    while (!CPU_ISSET(first, &allowed)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(usable_cores(), 1);
  }).join();
}

TEST(Processors, ThreadsAreAsManyAsTheEnvironmentSays) {
  const char* before = std::getenv("OMP_NUM_THREADS");
  const std::string kept = before == nullptr ? "" : before;
  setenv("OMP_NUM_THREADS", "3", 1);
  EXPECT_EQ(default_threads(), 3);
  setenv("OMP_NUM_THREADS", "5,2", 1);
  EXPECT_EQ(default_threads(), 5);
  for (const char* wrong : {"many", "0", "-2", "0x4", "99999"}) {
    setenv("OMP_NUM_THREADS", wrong, 1);
    EXPECT_THROW((void)default_threads(), Error) << wrong;
  }
  setenv("OMP_NUM_THREADS", "", 1);
  EXPECT_EQ(default_threads(), usable_cores());
  unsetenv("OMP_NUM_THREADS");
  EXPECT_EQ(default_threads(), usable_cores());
  if (before != nullptr) setenv("OMP_NUM_THREADS", kept.c_str(), 1);
}

}  // namespace
}  // namespace dreamer
