#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "env/physics.h"
#include "env/random_state.h"

namespace dreamer::env {

/// Named observation vectors, in dm_control's names.
using Observations = std::map<std::string, std::vector<double>>;

/// Values of the model that a task draws again for each episode, such as where a target is.
struct ModelField {
  std::string name;  // MuJoCo's name of the field, then the object's: "geom_pos_target"
  std::span<double> values;
};

/// One control task: how an episode begins, what is observed and what is rewarded. It looks at a
/// Physics that outlives it.
class Task {
 public:
  explicit Task(Physics& physics) : physics_(physics) {}
  virtual ~Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  /// Draws the initial state and model changes into a physics that has just been reset. Who calls
  /// it does a `forward` afterwards.
  virtual void begin_episode(RandomState& random) = 0;
  [[nodiscard]] virtual Observations observe() const = 0;
  /// The reward of the state as it is.
  [[nodiscard]] virtual double reward() const = 0;
  /// What begin_episode draws in the model.
  [[nodiscard]] virtual std::vector<ModelField> drawn_fields() { return {}; }

 protected:
  Physics& physics_;
};

/// A row of the table of tasks.
struct TaskInfo {
  std::string name;         // "cartpole_balance"
  std::string description;  // for --list-tasks
  std::string model;        // its MJCF file
  int substeps = 1;         // physics time steps in a control step
  std::function<std::unique_ptr<Task>(Physics&)> make;
  int camera = 0;                          // which of the model's cameras looks on
  std::function<void(mjSpec&)> edit = {};  // changes the model before it is compiled
};

/// Every episode of these tasks lasts this many control steps.
inline constexpr std::int64_t kControlSteps = 1000;

/// All tasks, by name.
[[nodiscard]] const std::vector<TaskInfo>& all_tasks();

/// The task of this name.
/// @throws Error (usage) that names the nearest task
const TaskInfo& find_task(const std::string& name);

}  // namespace dreamer::env
