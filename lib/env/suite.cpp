#include "env/suite.h"

#include <algorithm>

#include "core/error.h"
#include "core/paths.h"
#include "env/child_environment.h"
#include "env/control_environment.h"
#include "env/gl_context.h"
#include "env/task_summary.h"

namespace dreamer::env {
namespace {

struct Found {
  const Suite& suite;
  std::string name;  // without the prefix
};

Found find(const std::string& task) {
  const Suite& suite = suite_of(task);
  return {suite, suite.find(task.substr(suite.prefix.size()))};
}

constexpr const char* kGym = "gym:";
constexpr const char* kAtari = "atari:";
constexpr const char* kExec = "exec:";
constexpr std::int64_t kAtariRepeat = 4;  // the paper's

std::vector<Json> no_lines() { return {}; }

std::string not_empty(const std::string& name) {
  if (name.empty()) throw usage_error("the task has a prefix and no name behind it");
  return name;
}

/// An environment behind one of our Python programs.
std::unique_ptr<Environment> make_python(const char* program, const std::string& prefix,
                                         const std::string& name,
                                         const EnvironmentOptions& options) {
  const Json for_program = {{"render", options.render != RenderQuality::none},
                            {"height", options.height},
                            {"width", options.width},
                            {"action_repeat", options.action_repeat},
                            {"time_limit", options.time_limit},
                            {"evaluates", options.evaluates}};
  const std::string path = (share_dir() / "environments" / program).string();
  return std::make_unique<ChildEnvironment>(
      prefix + name, std::vector<std::string>{"python3", path, name, for_program.dump()}, options,
      ChildEnvironment::Paced::by_program);
}

std::unique_ptr<Environment> make_gym(const std::string& id, const EnvironmentOptions& options) {
  return make_python("gym_environment.py", kGym, id, options);
}

std::unique_ptr<Environment> make_atari(const std::string& name,
                                        const EnvironmentOptions& options) {
  return make_python("atari_environment.py", kAtari, name, options);
}

std::unique_ptr<Environment> make_exec(const std::string& command,
                                       const EnvironmentOptions& options) {
  return std::make_unique<ChildEnvironment>(
      kExec + command, std::vector<std::string>{"/bin/sh", "-c", "exec " + command}, options);
}

}  // namespace

const std::vector<Suite>& all_suites() {
  static const std::vector<Suite> suites = {
      {.prefix = "",
       .description = "the twenty control tasks of dm_control",
       .lines = control_task_lines,
       .table = control_task_table,
       .find = [](const std::string& asked) { return find_task(asked).name; },
       .make = [](const std::string& task,
                  const EnvironmentOptions& options) -> std::unique_ptr<Environment> {
         return std::make_unique<ControlEnvironment>(task, options);
       }},
      {.prefix = kGym,
       .description = "Gymnasium's environments",
       .from_files = false,
       .simulated = false,
       .lines = no_lines,
       .table =
           [] {
             return std::string(
                 "gym:ID                   any environment of Gymnasium, such as gym:Pendulum-v1 "
                 "or "
                 "gym:MODULE:ID?key=value\n");
           },
       .find = not_empty,
       .make = make_gym},
      {.prefix = kAtari,
       .description = "games of the Arcade Learning Environment",
       .from_files = false,
       .simulated = false,
       .action_repeat = kAtariRepeat,
       .lines = no_lines,
       .table =
           [] {
             return std::string(
                 "atari:NAME               a game of the Arcade Learning Environment, such as "
                 "atari:pong\n");
           },
       .find = not_empty,
       .make = make_atari},
      {.prefix = kExec,
       .description = "programs that speak the protocol of dreamer-environment(7)",
       .from_files = false,
       .simulated = false,
       .lines = no_lines,
       .table =
           [] {
             return std::string(
                 "exec:COMMAND             a program that speaks the protocol of man "
                 "dreamer-environment\n");
           },
       .find = not_empty,
       .make = make_exec},
  };
  return suites;
}

const Suite& suite_of(const std::string& task) {
  const auto& suites = all_suites();
  const auto named = std::find_if(suites.begin() + 1, suites.end(), [&](const Suite& suite) {
    return task.starts_with(suite.prefix);
  });
  return named == suites.end() ? suites.front() : *named;
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

void prepare_rendering(const std::string& task, RenderQuality render, std::int64_t environments) {
  if (render != RenderQuality::none && suite_of(task).simulated) load_opengl(environments);
}

std::unique_ptr<Environment> make_logged_environment(const std::string& task,
                                                     const EnvironmentOptions& options) {
  const auto [suite, name] = find(task);
  if (!suite.from_files)
    throw error("{}: a task of {} is not made because a file names it", task, suite.description);
  return suite.make(name, options);
}

}  // namespace dreamer::env
