#pragma once

#include <vector>

#include "env/task.h"

namespace dreamer::env {

// The tasks of each domain. A new domain is a file here, a line here and a line in registry.cpp.
[[nodiscard]] std::vector<TaskInfo> acrobot_tasks();
[[nodiscard]] std::vector<TaskInfo> cartpole_tasks();
[[nodiscard]] std::vector<TaskInfo> cheetah_tasks();
[[nodiscard]] std::vector<TaskInfo> cup_tasks();
[[nodiscard]] std::vector<TaskInfo> finger_tasks();
[[nodiscard]] std::vector<TaskInfo> hopper_tasks();
[[nodiscard]] std::vector<TaskInfo> pendulum_tasks();
[[nodiscard]] std::vector<TaskInfo> quadruped_tasks();
[[nodiscard]] std::vector<TaskInfo> reacher_tasks();
[[nodiscard]] std::vector<TaskInfo> walker_tasks();

}  // namespace dreamer::env
