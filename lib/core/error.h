#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace dreamer {

/// What a program's exit status says. Documented in every man page.
enum class ExitCode { ok = 0, failed = 1, usage = 2, no = 3 };

/// A failure that the user can act on: the message says what, where and the remedy, in one line.
/// Context (file, dataset, step) is added at boundaries with `within`; `cli::Program::run` catches
/// it once.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, ExitCode code = ExitCode::failed)
      : std::runtime_error(message), code_(code) {}

  [[nodiscard]] ExitCode code() const { return code_; }

  /// The same error with "context: " in front.
  [[nodiscard]] Error within(std::string_view context) const {
    return Error(fmt::format("{}: {}", context, what()), code_);
  }

 private:
  ExitCode code_;
};

/// A formatted Error: `throw error("{}: no such task", name)`.
template <class... Args>
Error error(fmt::format_string<Args...> format, Args&&... args) {
  return Error(fmt::format(format, std::forward<Args>(args)...));
}

/// A wrong option or setting: exit code 2.
template <class... Args>
Error usage_error(fmt::format_string<Args...> format, Args&&... args) {
  return Error(fmt::format(format, std::forward<Args>(args)...), ExitCode::usage);
}

/// Runs `body`; an Error that leaves it carries `context` in front of its message.
template <class Body>
decltype(auto) with_context(std::string_view context, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& e) {
    throw e.within(context);
  }
}

}  // namespace dreamer
