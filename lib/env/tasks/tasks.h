#pragma once

#include <vector>

#include "env/task.h"

namespace dreamer::env {

// The tasks of each domain. A new domain is a file here, a line here and a line in registry.cpp.
[[nodiscard]] std::vector<TaskInfo> cartpole_tasks();
[[nodiscard]] std::vector<TaskInfo> reacher_tasks();

}  // namespace dreamer::env
