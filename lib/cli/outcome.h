#pragma once

#include <functional>
#include <string>

#include "core/error.h"

namespace dreamer::cli {

/// Runs all of a program; whatever it ends by becomes at most one line on stderr, in the words of
/// its user, and the documented exit code. A stop that a signal asked for ends the process by it.
/// @param memory_remedy what to use where memory runs out: "fewer --envs"
[[nodiscard]] int exit_code_of(const std::function<ExitCode()>& body,
                               const std::string& memory_remedy);

}  // namespace dreamer::cli
