#pragma once

#include <map>
#include <memory>
#include <string>

#include "env/environment.h"
#include "env/physics.h"
#include "env/random_state.h"
#include "env/renderer.h"
#include "env/task.h"

namespace dreamer::env {

/// A control task of dm_control: actions in [-1,1], repeated; one image an agent step. Nothing but
/// the task draws from its random state.
class ControlEnvironment final : public Environment, public Simulator {
 public:
  explicit ControlEnvironment(const std::string& task, const EnvironmentOptions& options = {});

  [[nodiscard]] const Signature& signature() const override { return signature_; }
  /// The seed is NumPy's, 0 … 2³²−1. The episodes of a seed are drawn one after the other, as
  /// dm_control draws them: those before `id.index` are reset, but not simulated.
  Step begin(EpisodeId id) override;
  Step step(std::span<const float> action) override;
  [[nodiscard]] Simulator* simulator() override { return this; }

  /// MuJoCo's integration state: qpos, qvel, act (if there is any), qacc_warmstart, time.
  [[nodiscard]] Fields state() const override;
  [[nodiscard]] Fields model_changes() const override;
  Step restore(const Fields& state, const Fields& model_changes) override;

  // Of the present state, unrounded, for comparisons with dm_control.
  [[nodiscard]] Observations observations() const { return task_->observe(); }
  [[nodiscard]] double reward() const { return task_->reward(); }

 private:
  [[nodiscard]] Signature make_signature() const;
  void seed(std::int64_t seed);
  void begin_next_episode();
  void apply(std::span<const float> action);
  Step observe(double reward);
  [[nodiscard]] std::map<std::string, std::span<double>> state_fields() const;
  /// With the fields that `state` stands for in its place.
  [[nodiscard]] Fields separate_fields(const Fields& state) const;

  const TaskInfo& info_;
  EnvironmentOptions options_;
  // The renderer refers to the physics, so it is destroyed first.
  mutable Physics physics_;
  std::unique_ptr<Task> task_;
  std::unique_ptr<Renderer> renderer_;
  int camera_;
  Signature signature_;
  RandomState random_{0};
  EpisodeId episode_{.seed = 0, .index = -1};  // the present one; index −1: none of this seed yet
  std::int64_t control_steps_ = kControlSteps;  // of this episode; none has begun yet
};

}  // namespace dreamer::env
