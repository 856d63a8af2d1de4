#include "io/crash.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <string>

namespace dreamer::io {
namespace {

using testing::ExitedWithCode;
using testing::KilledBySignal;

TEST(CrashDeathTest, InsideOfHdf5EndsInOneLineThatNamesTheFile) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE}) {
    EXPECT_EXIT(
        {
          report_crashes_of_hdf5();
          const InsideHdf5 inside("ep\n7.h5");
          const InsideHdf5 deeper("");
          std::raise(signal);
        },
        ExitedWithCode(1), "error: ep.7.h5: the HDF5 library crashes on this file");
  }
}

TEST(CrashDeathTest, AnywhereElseEndsBySignal) {
  const auto crash = [] {
    report_crashes_of_hdf5();
    { const InsideHdf5 inside("ep7.h5"); }
    std::abort();
  };
  EXPECT_EXIT(crash(), KilledBySignal(SIGABRT), "^$");
}

TEST(CrashDeathTest, LongNamesAreCut) {
  EXPECT_EXIT(
      {
        report_crashes_of_hdf5();
        const std::string name(100000, 'x');
        const InsideHdf5 inside(name);
        std::raise(SIGSEGV);
      },
      ExitedWithCode(1), "error: xxx*");
}

TEST(CrashDeathTest, TheFileThatIsReadAtThatMomentIsNamed) {
  EXPECT_EXIT(
      {
        report_crashes_of_hdf5();
        const InsideHdf5 inside("one.h5");
        { const InsideHdf5 deeper("other.h5"); }
        std::raise(SIGSEGV);
      },
      ExitedWithCode(1), "one.h5");
}

}  // namespace
}  // namespace dreamer::io
