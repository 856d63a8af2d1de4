#include <algorithm>
#include <iterator>

#include "core/error.h"
#include "core/nearest.h"
#include "env/task.h"
#include "env/tasks/tasks.h"

namespace dreamer::env {

const std::vector<TaskInfo>& all_tasks() {
  static const std::vector<TaskInfo> tasks = [] {
    std::vector<TaskInfo> all;
    for (auto domain : {acrobot_tasks, cartpole_tasks, cheetah_tasks, cup_tasks, finger_tasks,
                        hopper_tasks, pendulum_tasks, quadruped_tasks, reacher_tasks, walker_tasks})
      std::ranges::move(domain(), std::back_inserter(all));
    std::ranges::sort(all, {}, &TaskInfo::name);
    return all;
  }();
  return tasks;
}

const TaskInfo& find_task(const std::string& asked) {
  const auto& tasks = all_tasks();
  const std::string name = asked == "ball_in_cup_catch" ? "cup_catch" : asked;  // dm_control's
  if (const auto found = std::ranges::find(tasks, name, &TaskInfo::name); found != tasks.end())
    return *found;
  std::vector<std::string> names;
  std::ranges::transform(tasks, std::back_inserter(names), &TaskInfo::name);
  throw usage_error("no task is called {}{}; dr-collect --list-tasks shows all", name,
                    did_you_mean(name, names));
}

}  // namespace dreamer::env
