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

/// As the line that dr-collect --list-tasks --json prints (schemas/task-line.schema.json).
[[nodiscard]] Json to_json(const TaskInfo& task);

/// The same for people: a line, and the line above all of them.
[[nodiscard]] std::string task_row(const TaskInfo& task);
[[nodiscard]] std::string task_heading();

}  // namespace dreamer::env
