#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "agent/checkpoint.h"
#include "collect/policy.h"
#include "core/random.h"
#include "learner/jobs.h"

namespace dreamer {

/// The noise of one step of an episode: a function of episode, step and name alone.
class StepNoise {
 public:
  StepNoise(EpisodeId episode, torch::Device device) : episode_(episode), device_(device) {}

  /// Standard normal values of this shape.
  [[nodiscard]] torch::Tensor operator()(std::string_view name, torch::IntArrayRef shape) const;
  /// Uniform ones, in [0,1).
  [[nodiscard]] torch::Tensor uniform(std::string_view name, torch::IntArrayRef shape) const;
  void next_step() { ++step_; }

 private:
  [[nodiscard]] std::uint64_t draw() const;
  [[nodiscard]] RandomStream stream(std::string_view name) const;

  EpisodeId episode_;
  torch::Device device_;
  std::int64_t step_ = 0;
};

/// The posterior state of a world model along one episode, from what is observed and done.
class LatentFilter {
 public:
  LatentFilter(std::shared_ptr<WorldModel> model, torch::Device device);

  void begin();
  /// The state after `seen`, which the last action of `acted` led to.
  [[nodiscard]] const Latent& observe(const Step& seen, const StepNoise& noise);
  /// @param action [1,A], as it is executed
  void acted(const torch::Tensor& action) { action_ = action; }

 private:
  std::shared_ptr<WorldModel> model_;
  torch::Device device_;
  Latent state_;
  torch::Tensor action_;
};

/// How an action [1,A] is chosen at a feature [1,F].
using ActionChoice =
    std::function<torch::Tensor(const torch::Tensor& feature, const StepNoise& noise)>;

/// How an actor's distribution becomes an action.
struct Acting {
  ActionMode mode = ActionMode::deterministic;
  double noise = 0;    // exploring: standard deviation of what is added to continuous actions
  double epsilon = 0;  // exploring: how often a discrete action is any action
};

/// A sample of the actor with exploration noise, or the actor's mode.
[[nodiscard]] ActionChoice actor_choice(std::shared_ptr<const ActorCritic> behavior,
                                        const Acting& acting);

/// Acts in one environment by the state of the world model. Several share one checkpoint, which
/// they only read.
class AgentPolicy final : public Policy {
 public:
  AgentPolicy(const PolicyCheckpoint& agent, const Acting& acting, torch::Device device);

  void begin(EpisodeId id) override;
  std::vector<float> act(const Step& seen) override;

 private:
  torch::Device device_;
  LatentFilter filter_;
  ActionChoice choose_;
  StepNoise noise_;
};

}  // namespace dreamer
