#include "cli/outcome.h"

#include <filesystem>
#include <functional>
#include <new>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.h"
#include "core/output.h"

namespace dreamer::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct Ended {
  int code;
  std::string said;
};

Ended ended(const std::function<ExitCode()>& body) {
  testing::internal::CaptureStderr();
  const int code = exit_code_of(body, "fewer --envs");
  return {code, testing::internal::GetCapturedStderr()};
}

template <class Thrown>
Ended thrown(const Thrown& e) {
  return ended([&]() -> ExitCode { throw e; });
}

TEST(Outcome, AnAnswerIsItsCodeAndSaysNothing) {
  const Ended no = ended([] { return ExitCode::no; });
  EXPECT_EQ(no.code, 3);
  EXPECT_EQ(no.said, "");
  EXPECT_EQ(thrown(ClosedPipe()).code, 0);
}

TEST(Outcome, AnErrorIsOneLineWithItsCode) {
  const Ended usage = thrown(usage_error("--x: no"));
  EXPECT_EQ(usage.code, 2);
  EXPECT_THAT(usage.said, testing::EndsWith("error: --x: no\n"));
}

TEST(Outcome, OutOfMemoryNamesTheProgramsOwnRemedy) {
  for (const Ended& e :
       {thrown(std::bad_alloc()), thrown(std::length_error("vector::reserve")),
        thrown(std::runtime_error("DefaultCPUAllocator: can't allocate memory"))}) {
    EXPECT_EQ(e.code, 1);
    EXPECT_THAT(e.said, HasSubstr("error: out of memory; use fewer --envs"));
  }
}

TEST(Outcome, BacktracesOfLibrariesAreLeftOut) {
  const Ended e = thrown(std::runtime_error(
      "a must\nbe 3\nException raised from f at x.cpp:7 (most recent call first):\nframe #0: f"));
  EXPECT_THAT(e.said, testing::EndsWith("error: a must be 3\n"));
}

TEST(Outcome, StandardAndJsonExceptionsAreSaidInWords) {
  const Ended file = thrown(std::filesystem::filesystem_error(
      "cannot iterate", "some/folder", std::make_error_code(std::errc::permission_denied)));
  EXPECT_THAT(file.said, testing::EndsWith("error: some/folder: Permission denied\n"));
  const Ended json = ended([]() -> ExitCode {
    static_cast<void>(Json("text").get<int>());
    return ExitCode::ok;
  });
  EXPECT_EQ(json.code, 1);
  EXPECT_THAT(json.said, AllOf(HasSubstr("error: "), Not(HasSubstr("json.exception"))));
}

}  // namespace
}  // namespace dreamer::cli
