#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/signature.h"
#include "core/step.h"

namespace dreamer::env {

/// `exact`: dm_control's pixels. `fast`: the same without shadows and reflections, in a fraction of
/// the time. `none`: no images at all.
enum class RenderQuality { none, fast, exact };

/// "none", "fast", "exact".
[[nodiscard]] std::string to_string(RenderQuality quality);
/// @throws Error (usage) for any other word
[[nodiscard]] RenderQuality render_quality(const std::string& word);

struct EnvironmentOptions {
  std::int64_t action_repeat = 2;
  std::int64_t time_limit = 0;  // of an episode, in frames; 0: the task's own
  std::int64_t height = 64, width = 64;
  RenderQuality render = RenderQuality::exact;
  std::string camera = {};     // its name or number; empty: the task's
  double answer_seconds = 60;  // that a program may take for a reset or a step
  /// Whether episodes are whole, also where those to learn from end earlier (a lost life).
  bool evaluates = false;
};

/// Agent steps of an episode of a control task; its file has one row more, the reset's.
[[nodiscard]] std::int64_t steps_per_episode(const EnvironmentOptions& options);

/// The simulation left what can be computed. The environment can begin another episode.
class Breakdown : public Error {
 public:
  using Error::Error;
};

/// The state of a simulation, which can be read and set: what re-rendering and re-enacting use.
class Simulator {
 public:
  using Fields = std::map<std::string, std::vector<double>>;

  virtual ~Simulator() = default;
  /// Everything that the following steps depend on.
  [[nodiscard]] virtual Fields state() const = 0;
  /// What was drawn in the model for this episode, such as the place of a target.
  [[nodiscard]] virtual Fields model_changes() const = 0;
  /// Sets the state of the present episode. Fields that are missing keep their values; unknown ones
  /// and wrong sizes throw. The field `state` is dm_control's physics.get_state(): qpos, qvel and
  /// act one behind the other.
  virtual Step restore(const Fields& state, const Fields& model_changes) = 0;
};

/// What an agent acts in. An episode is a function of its id and the actions alone. Used by the one
/// thread that made it, since an OpenGL context belongs to a thread.
class Environment {
 public:
  Environment() = default;
  virtual ~Environment() = default;
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  [[nodiscard]] virtual const Signature& signature() const = 0;

  /// Begins the episode of this id, whatever was done before.
  /// @throws Breakdown if its first state is invalid
  virtual Step begin(EpisodeId id) = 0;
  /// @param action [A] as it is stored: each value in [-1,1]
  /// @throws Breakdown if the simulation cannot take the step; then the episode is over
  virtual Step step(std::span<const float> action) = 0;

  /// Null if the state cannot be read and set.
  [[nodiscard]] virtual Simulator* simulator() { return nullptr; }
};

}  // namespace dreamer::env
