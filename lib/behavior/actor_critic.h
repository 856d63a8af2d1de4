#pragma once

#include <memory>

#include <torch/torch.h>

#include "behavior/imagination.h"

namespace dreamer {

/// The losses of actor and value on one imagination, scalars, and what they were made from.
struct BehaviorLoss {
  torch::Tensor actor;    // equation 7 of the paper, with discount weights
  torch::Tensor value;    // equation 8, as −ln Normal(v, 1) at the return
  torch::Tensor entropy;  // of the policy; of continuous actions estimated at the imagined ones
  Imagined imagined;
  torch::Tensor returns, weight;  // [H−1,N]
  torch::Tensor return_range;     // scalar, the running one with these returns; undefined if unused
};

/// Actor and value, the parts of an agent that are learned in imagination.
struct ActorCritic : torch::nn::Module {
  ActorCritic(const BehaviorConfig& config, std::int64_t feature, const Space& action);

  /// The losses from `start` ([N,…], constants). Both graphs hang on the same forward pass: ask for
  /// the gradient of `actor` with respect to the actor's parameters only, and of `value` with
  /// respect to the value's only.
  [[nodiscard]] BehaviorLoss loss(const WorldModel& model, const Latent& start,
                                  const ImaginationNoise& noise) const;

  /// After a step of the value: its slow copy follows, and the range of returns is kept.
  void follow(const BehaviorLoss& loss);
  /// The slow copy of the value, if there is one, moves toward it by this part of the way.
  void move_value_target(double rate);

  BehaviorConfig config;
  std::shared_ptr<Actor> actor;
  std::shared_ptr<DenseHead> value;
  std::shared_ptr<DenseHead> value_target;  // null unless value_target_rate is below 1
  torch::Tensor return_range;               // scalar; undefined unless returns are scaled
};

}  // namespace dreamer
