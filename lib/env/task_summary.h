#pragma once

#include <string>
#include <vector>

#include "core/json.h"
#include "env/task.h"

namespace dreamer::env {

/// What an agent's author needs to know of a task, read from its MJCF without making the model.
struct TaskSummary {
  std::vector<double> action_low, action_high;  // what -1 and 1 stand for, of each actuator
  double control_step = 0;                      // seconds
  std::vector<std::string> cameras;             // by number; an unnamed one has its number
};

/// @throws Error if the model cannot be read
[[nodiscard]] TaskSummary summarize(const TaskInfo& task);

/// The tasks of the table, each as a line of `dr-collect --list-tasks --json`
/// (schemas/task-line.schema.json).
[[nodiscard]] std::vector<Json> control_task_lines();
/// The same for people.
[[nodiscard]] std::string control_task_table();

}  // namespace dreamer::env
