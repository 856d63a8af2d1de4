#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/signature.h"
#include "env/physics.h"
#include "env/random_state.h"
#include "env/renderer.h"
#include "env/task.h"

namespace dreamer::env {

struct EnvironmentOptions {
  std::int64_t action_repeat = 2;
  std::int64_t time_limit = kControlSteps;  // of an episode, in control steps
  std::int64_t height = 64, width = 64;
  RenderQuality render = RenderQuality::exact;
  std::string camera = {};  // its name or number; empty: the task's
};

/// What an agent learns from a step (or a reset, which has reward 0 and discount 1).
struct Observation {
  std::vector<std::uint8_t> image = {};  // [height, width, 3]; empty without rendering
  float reward = 0;                      // summed in double over the repeated action, rounded once
  float discount = 1;                    // these tasks have no end of their own: always 1
  bool last = false;                     // the episode is over (a time limit, not an end)
};

/// A control task as an agent sees it: actions in [-1,1], repeated; one image an agent step.
/// A function of (task, seed, actions): nothing else draws from its random state. Used by the one
/// thread that made it, since its OpenGL context belongs to a thread.
class Environment {
 public:
  /// @param seed NumPy's, 0 … 2³²−1
  Environment(const std::string& task, std::int64_t seed, const EnvironmentOptions& options = {});
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  /// Passes over `n` episodes: runs their resets, so that the draws of the next one are its own.
  /// Nothing is thrown if the physics of one break down.
  void skip_episodes(std::int64_t n);

  /// Begins anew with another seed, as if just made (which takes half a second, most of it for the
  /// textures).
  void reseed(std::int64_t seed);

  /// Begins the next episode.
  /// @throws Breakdown if its first state is invalid; the reset after it begins the one behind it
  Observation reset();
  /// @param action [A], each in [-1,1]; mapped to the actuators' range in double
  /// @throws Breakdown if the physics cannot take the step; then the episode is over
  Observation step(std::span<const float> action);

  [[nodiscard]] const TaskInfo& info() const { return info_; }
  [[nodiscard]] const EnvironmentOptions& options() const { return options_; }
  [[nodiscard]] std::int64_t seed() const { return seed_; }
  /// Which episode of this generator the present one is; −1 before the first reset.
  [[nodiscard]] std::int64_t index() const { return index_; }
  /// Its observations are the image, if it renders, and the state's vectors, by name.
  [[nodiscard]] const Signature& signature() const { return signature_; }

  /// The present state in vectors, by dm_control's names.
  [[nodiscard]] Observations observations() const { return task_->observe(); }
  /// The reward of the present state, unrounded; that of the last inner step.
  [[nodiscard]] double reward() const { return task_->reward(); }

  using Fields = std::map<std::string, std::vector<double>>;
  /// All that MuJoCo's integration state holds: qpos, qvel, act (if any), qacc_warmstart, time.
  [[nodiscard]] Fields physics_state() const;
  /// What the task drew in the model for this episode, such as the place of a target.
  [[nodiscard]] Fields model_changes() const;
  /// Puts the present episode into a given state, its derived quantities brought up to date.
  /// Fields that are missing stay; unknown ones and wrong sizes throw.
  Observation restore(const Fields& physics_state, const Fields& model_changes);

 private:
  void begin_episode();
  void apply(std::span<const float> action);
  Observation observe(double reward);
  [[nodiscard]] std::map<std::string, std::span<double>> state_fields() const;

  [[nodiscard]] Signature make_signature() const;

  TaskInfo info_;
  EnvironmentOptions options_;
  std::int64_t seed_;
  // The renderer looks at the physics, so it goes first.
  mutable Physics physics_;
  std::unique_ptr<Task> task_;
  RandomState random_;
  std::unique_ptr<Renderer> renderer_;
  int camera_;
  std::int64_t index_ = -1;
  std::int64_t control_steps_ = kControlSteps;  // of this episode; none is under way yet
  Signature signature_;
};

/// Agent steps of an episode; its episode file has one row more, the reset's.
[[nodiscard]] std::int64_t steps_per_episode(const EnvironmentOptions& options);

}  // namespace dreamer::env
