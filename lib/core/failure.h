#pragma once

#include <exception>
#include <string>

#include "core/error.h"

namespace dreamer {

/// What an exception tells the user of a program: one line, and the exit code.
struct Failure {
  std::string message;
  ExitCode code = ExitCode::failed;
};

/// @param memory_remedy what to use where memory runs out: "fewer --envs"
[[nodiscard]] Failure failure_of(const std::exception_ptr& exception,
                                 const std::string& memory_remedy);

}  // namespace dreamer
