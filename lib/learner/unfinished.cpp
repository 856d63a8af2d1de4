#include "learner/unfinished.h"

#include <unistd.h>

#include "core/failure.h"
#include "core/log.h"
#include "core/output.h"
#include "core/signals.h"

namespace dreamer {
namespace {

namespace fs = std::filesystem;

std::string words(const std::exception_ptr& exception) {
  return failure_of(exception, kMemoryRemedy).message;
}

fs::path elsewhere(const fs::path& path) {
  return fs::temp_directory_path() / fmt::format("{}-{}", ::getpid(), path.filename().string());
}

/// Says what went wrong beside the signal.
void warn_unless_stopped(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const signals::Stopped&) {
  } catch (const ClosedPipe&) {  // a signal for the whole pipeline ends the reader, too
  } catch (...) {
    log::warning("{}", words(exception));
  }
}

}  // namespace

std::string keep(const Unfinished& work, const std::string& reason) {
  const auto lost = [&](const std::string& why) {
    const std::string earlier =
        work.saved.empty() ? "" : fmt::format("; {} are in {}", work.saved, work.path.string());
    return EndedEarly(
        fmt::format("{}; {} could not be saved: {}{}", reason, work.progress, why, earlier));
  };
  std::string why;
  try {
    work.save(work.path, io::Replace::yes);
    return fmt::format("{} are in {}, from where the same command continues", work.progress,
                       work.path.string());
  } catch (...) {
    why = words(std::current_exception());
  }
  fs::path other;
  try {
    other = elsewhere(work.path);
    work.save(other, io::Replace::no);
  } catch (...) {
    throw lost(fmt::format("{}; {}", why, words(std::current_exception())));
  }
  throw EndedEarly(
      fmt::format("{}; {} are in {}: move that to {}, and the same command continues ({})", reason,
                  work.progress, other.string(), work.path.string(), why));
}

void end_early(const Unfinished& work, const std::exception_ptr& exception) {
  if (signals::requested() != 0) {
    warn_unless_stopped(exception);
    log::info("stopped: {}", keep(work, "stopped by a signal"));
    return;
  }
  const Failure failure = failure_of(exception, kMemoryRemedy);
  throw EndedEarly(fmt::format("{}; {}", failure.message, keep(work, failure.message)),
                   failure.code);
}

void end_in_place(const fs::path& out, const std::exception_ptr& exception) {
  if (signals::requested() != 0) return;
  try {
    std::rethrow_exception(exception);
  } catch (const ClosedPipe&) {
    throw;
  } catch (...) {
    const Failure failure = failure_of(exception, kMemoryRemedy);
    throw EndedEarly(fmt::format("{}; {} is in place", failure.message, out.string()),
                     failure.code);
  }
}

}  // namespace dreamer
