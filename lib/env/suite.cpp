#include "env/suite.h"

#include <algorithm>

#include "core/error.h"
#include "env/control_environment.h"
#include "env/task_summary.h"

namespace dreamer::env {
namespace {

struct Found {
  const Suite& suite;
  std::string name;  // without the prefix
};

Found find(const std::string& task) {
  const auto& suites = all_suites();
  const auto named = std::find_if(suites.begin() + 1, suites.end(), [&](const Suite& suite) {
    return task.starts_with(suite.prefix);
  });
  const Suite& suite = named == suites.end() ? suites.front() : *named;
  return {suite, suite.find(task.substr(suite.prefix.size()))};
}

}  // namespace

const std::vector<Suite>& all_suites() {
  static const std::vector<Suite> suites = {
      {.prefix = "",
       .description = "the twenty control tasks of dm_control",
       .from_files = true,
       .lines = control_task_lines,
       .table = control_task_table,
       .find = [](const std::string& asked) { return find_task(asked).name; },
       .make = [](const std::string& task,
                  const EnvironmentOptions& options) -> std::unique_ptr<Environment> {
         return std::make_unique<ControlEnvironment>(task, options);
       }},
  };
  return suites;
}

std::string task_name(const std::string& asked) {
  const auto [suite, name] = find(asked);
  return suite.prefix + name;
}

std::unique_ptr<Environment> make_environment(const std::string& task,
                                              const EnvironmentOptions& options) {
  const auto [suite, name] = find(task);
  return suite.make(name, options);
}

std::unique_ptr<Environment> make_logged_environment(const std::string& task,
                                                     const EnvironmentOptions& options) {
  const auto [suite, name] = find(task);
  if (!suite.from_files)
    throw error("{}: a task of {} is not made because a file names it", task, suite.description);
  return suite.make(name, options);
}

}  // namespace dreamer::env
