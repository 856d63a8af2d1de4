#include "learner/unfinished.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <new>

#include "core/output.h"
#include "core/signals.h"
#include "io/atomic_file.h"

namespace dreamer {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class Work : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / "tmp");
    ::setenv("TMPDIR", (folder_ / "tmp").c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("TMPDIR");
    fs::remove_all(folder_);
  }

  [[nodiscard]] Unfinished in(const fs::path& folder) const {
    return {.progress = "12 of 40 updates",
            .path = folder / "m.resume.h5",
            .saved = "10 of 40 updates",
            .save = [](const fs::path& path, io::Replace replace) {
              io::write_atomically(path, std::as_bytes(std::span("work", 4)), replace);
            }};
  }

  [[nodiscard]] static std::string last_words(const Unfinished& work,
                                              const std::exception_ptr& why) {
    try {
      end_early(work, why);
    } catch (const EndedEarly& e) {
      return e.what();
    }
    return "";
  }

  fs::path folder_ = fs::path(testing::TempDir()) / fmt::format("unfinished-{}", ::getpid());
  std::exception_ptr full_ = std::make_exception_ptr(Error("the disk is full"));
};

TEST_F(Work, IsSavedWhereTheSameCommandFindsIt) {
  EXPECT_EQ(last_words(in(folder_), full_),
            fmt::format("the disk is full; 12 of 40 updates are in {}, from where the same command "
                        "continues",
                        (folder_ / "m.resume.h5").string()));
  EXPECT_TRUE(fs::exists(folder_ / "m.resume.h5"));
}

TEST_F(Work, GoesToTheTemporaryFolderWhereItsOwnCannotBeWritten) {
  const std::string words = last_words(in(folder_ / "none"), full_);
  EXPECT_THAT(words, AllOf(HasSubstr("12 of 40 updates are in " + (folder_ / "tmp").string()),
                           HasSubstr("move that to " + (folder_ / "none/m.resume.h5").string())));
  EXPECT_FALSE(fs::is_empty(folder_ / "tmp"));
}

TEST_F(Work, ThatCanBeSavedNowhereIsReportedLostWithAllReasons) {
  fs::remove_all(folder_ / "tmp");
  EXPECT_THAT(last_words(in(folder_ / "none"), full_),
              AllOf(HasSubstr("the disk is full; 12 of 40 updates could not be saved: "),
                    HasSubstr("none"), HasSubstr("10 of 40 updates are in ")));
}

TEST_F(Work, IsSavedWhateverTheException) {
  EXPECT_THAT(last_words(in(folder_), std::make_exception_ptr(std::bad_alloc())),
              HasSubstr("out of memory"));
  EXPECT_THAT(last_words(in(folder_), std::make_exception_ptr(ClosedPipe())),
              HasSubstr("standard output was closed; 12 of 40 updates are in "));
}

TEST_F(Work, IsSavedQuietlyAtASignalUnlessThatFails) {
  EXPECT_EXIT(
      {
        const signals::StopRequests stops;
        ::raise(SIGTERM);
        const auto stopped = std::make_exception_ptr(signals::Stopped());
        if (!last_words(in(folder_), stopped).empty()) std::_Exit(1);
        fs::remove_all(folder_ / "tmp");
        std::cerr << last_words(in(folder_ / "none"), stopped);
        std::_Exit(0);
      },
      testing::ExitedWithCode(0),
      "stopped: 12 of 40 updates are in [^\n]*\n.*stopped by a signal; 12 of 40 updates could not");
}

TEST_F(Work, ThatIsInPlaceNeedsNothingButItsReader) {
  EXPECT_THROW(end_in_place("m.h5", std::make_exception_ptr(ClosedPipe())), ClosedPipe);
  EXPECT_THROW(end_in_place("m.h5", full_), EndedEarly);
}

}  // namespace
}  // namespace dreamer
