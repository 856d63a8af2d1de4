#include "cli/outcome.h"

#include <exception>
#include <string_view>

#include "core/failure.h"
#include "core/log.h"
#include "core/output.h"
#include "core/signals.h"

namespace dreamer::cli {
namespace {

int failed(std::string_view message, ExitCode code = ExitCode::failed) {
  log::error(message);
  return static_cast<int>(code);
}

}  // namespace

int exit_code_of(const std::function<ExitCode()>& body, const std::string& memory_remedy) {
  try {
    const ExitCode code = body();
    if (signals::requested() != 0) signals::raise_again();
    return static_cast<int>(code);
  } catch (const signals::Stopped& e) {
    if (signals::requested() != 0) signals::raise_again();
    return failed(e.what());
  } catch (const ClosedPipe&) {
    // A signal for the whole pipeline ends the reader, too.
    if (signals::requested() != 0) signals::raise_again();
    return static_cast<int>(ExitCode::ok);
  } catch (...) {
    const Failure failure = failure_of(std::current_exception(), memory_remedy);
    return failed(failure.message, failure.code);
  }
}

}  // namespace dreamer::cli
