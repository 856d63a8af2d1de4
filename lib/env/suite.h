#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/json.h"
#include "env/environment.h"

namespace dreamer::env {

/// A family of tasks, by the prefix of their names.
struct Suite {
  std::string prefix;  // "", or such as "gym:"
  std::string description;
  /// Whether making a task only reads what is installed with us. A task that an episode file names
  /// is made only then: opening a file must never start a program.
  bool from_files = true;
  /// Whether all episodes last to the time limit, and images are drawn by us as the options say.
  bool simulated = true;
  /// Where the episodes are not simulated by us: frames of a step, unless the user or a policy says
  /// otherwise.
  std::int64_t action_repeat = 1;
  /// Its tasks, for `dr-collect --list-tasks`: lines of JSON, and for people a table, or how to
  /// name them.
  std::vector<Json> (*lines)();
  std::string (*table)();
  /// The task's name as episodes have it, without the prefix.
  /// @throws Error (usage) that names the nearest task
  std::string (*find)(const std::string& asked);
  std::unique_ptr<Environment> (*make)(const std::string& task, const EnvironmentOptions& options);
};

/// All suites; the one without a prefix comes first.
[[nodiscard]] const std::vector<Suite>& all_suites();

/// The task's name as episodes have it.
/// @throws Error (usage) if there is no such task
[[nodiscard]] std::string task_name(const std::string& asked);

/// The suite of a task, by its prefix.
[[nodiscard]] const Suite& suite_of(const std::string& task);

/// @throws Error (usage) if there is no such task
[[nodiscard]] std::unique_ptr<Environment> make_environment(const std::string& task,
                                                            const EnvironmentOptions& options = {});

/// Loads OpenGL where environments of the task draw images by it in this process.
void prepare_rendering(const std::string& task, RenderQuality render, std::int64_t environments);

/// The same as make_environment for a task that an episode file names.
/// @throws Error if its suite is none that files may name
[[nodiscard]] std::unique_ptr<Environment> make_logged_environment(
    const std::string& task, const EnvironmentOptions& options = {});

}  // namespace dreamer::env
