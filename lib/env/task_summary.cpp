#include "env/task_summary.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/error.h"
#include "env/physics.h"

namespace dreamer::env {
namespace {

/// Calls `use` with every element of a type.
template <class Use>
void for_each(mjSpec& spec, mjtObj type, const Use& use) {
  for (auto* element = mjs_firstElement(&spec, type); element != nullptr;
       element = mjs_nextElement(&spec, element))
    use(element);
}

constexpr const char* kRow = "{:<24} {:<36} {:>7}  {:<8} {}\n";

/// Each range once, in the order of the actuators that have it first: "12 in [-1,1] [-1,1.1]".
std::string action_text(const TaskSummary& summary) {
  std::vector<std::pair<double, double>> ranges;
  std::string text = fmt::format("{} in", summary.action_low.size());
  for (std::size_t i = 0; i < summary.action_low.size(); ++i) {
    const std::pair range{summary.action_low[i], summary.action_high[i]};
    if (std::ranges::find(ranges, range) != ranges.end()) continue;
    ranges.push_back(range);
    text += fmt::format(" [{:g},{:g}]", range.first, range.second);
  }
  return text;
}

Json line(const TaskInfo& task) {
  const TaskSummary summary = summarize(task);
  return {{"task", task.name},
          {"description", task.description},
          {"action_size", summary.action_low.size()},
          {"action_low", summary.action_low},
          {"action_high", summary.action_high},
          {"control_step", summary.control_step},
          {"control_steps", kControlSteps},
          {"camera", task.camera},
          {"cameras", summary.cameras}};
}

std::string row(const TaskInfo& task) {
  const TaskSummary summary = summarize(task);
  return fmt::format(
      kRow, task.name, action_text(summary), fmt::format("{:g} s", summary.control_step),
      fmt::format("{} {}", task.camera, summary.cameras.at(task.camera)), task.description);
}

}  // namespace

TaskSummary summarize(const TaskInfo& task) {
  const Spec spec = parse_model(task.model, task.edit);
  TaskSummary summary;
  summary.control_step = spec->option.timestep * task.substeps;
  for_each(*spec, mjOBJ_ACTUATOR, [&](mjsElement* element) {
    const double* range = mjs_asActuator(element)->ctrlrange;
    summary.action_low.push_back(range[0]);
    summary.action_high.push_back(range[1]);
  });
  for_each(*spec, mjOBJ_CAMERA, [&](mjsElement* element) {
    const std::string name = mjs_getString(mjs_getName(element));
    summary.cameras.push_back(name.empty() ? std::to_string(summary.cameras.size()) : name);
  });
  return summary;
}

std::vector<Json> control_task_lines() {
  std::vector<Json> lines;
  std::ranges::transform(all_tasks(), std::back_inserter(lines), line);
  return lines;
}

std::string control_task_table() {
  std::string table =
      fmt::format(kRow, "task", "actions, scaled from [-1,1]", "step", "camera", "what to do");
  for (const TaskInfo& task : all_tasks()) table += row(task);
  return table;
}

}  // namespace dreamer::env
