#include "core/signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace dreamer::signals {
namespace {

// Each in a process of its own: a request is never taken back.

class Ending : public testing::TestWithParam<int> {};

TEST_P(Ending, EndsAProcessThatHasNothingToSave) {
  EXPECT_EXIT(
      {
        install();
        { const StopRequests over; }
        ::raise(GetParam());
        std::_Exit(0);
      },
      testing::KilledBySignal(GetParam()), "");
}

TEST_P(Ending, IsARequestHoweverOftenItComes) {
  EXPECT_EXIT(
      {
        const StopRequests stops;
        if (requested() != 0) std::_Exit(2);
        for (int i = 0; i < 3; ++i) ::raise(GetParam());
        std::_Exit(requested() == GetParam() && !pause(60) ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST_P(Ending, IsWhatAProcessThatSavedEndsBy) {
  EXPECT_EXIT(
      {
        const StopRequests stops;
        ::raise(GetParam());
        raise_again();
      },
      testing::KilledBySignal(GetParam()), "");
}

TEST_P(Ending, StaysIgnoredWhereTheParentIgnoresIt) {
  EXPECT_EXIT(
      {
        std::signal(GetParam(), SIG_IGN);
        const StopRequests stops;
        ::raise(GetParam());
        std::_Exit(requested());
      },
      testing::ExitedWithCode(0), "");
}

INSTANTIATE_TEST_SUITE_P(All, Ending,
                         testing::Values(SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU));

// Longer than anything counts as the same request.
void wait_until_deliberate() { ::usleep(2'100'000); }

TEST(Signals, AnInterruptLongAfterTheFirstEndsAtOnce) {
  EXPECT_EXIT(
      {
        const StopRequests stops;
        ::raise(SIGTERM);
        wait_until_deliberate();
        ::raise(SIGTERM);  // a scheduler's reminder
        ::raise(SIGINT);
        std::_Exit(0);
      },
      testing::KilledBySignal(SIGINT), "");
}

TEST(Signals, NothingEndsAProcessThatSaves) {
  EXPECT_EXIT(
      {
        const StopRequests stops;
        ::raise(SIGINT);
        wait_until_deliberate();
        const SaveInProgress saving;
        ::raise(SIGINT);
        std::_Exit(0);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace dreamer::signals
