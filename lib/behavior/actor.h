#pragma once

#include <torch/torch.h>

#include "config/config.h"
#include "fused/imagined_rollout.h"
#include "model/distributions.h"
#include "model/layers.h"

namespace dreamer {

/// An action and the number that the tanh made it from, kept so that no inverse tanh is ever taken.
struct SquashedAction {
  torch::Tensor raw, action;  // [...,A]; action = tanh(raw), in [-1,1]
};

/// tanh(Normal): the distribution of continuous actions (section 3 of the paper; Haarnoja 2018).
struct TanhNormal {
  Normal base;  // [...,A], before the tanh

  /// Reparameterised: gradients reach the distribution. noise [...,A], standard normal.
  [[nodiscard]] SquashedAction sample(const torch::Tensor& noise) const;
  /// ln p(action), summed over the action's axis: [...,A] -> [...].
  [[nodiscard]] torch::Tensor log_prob(const torch::Tensor& raw) const;
  /// The likeliest of K samples, for each row by itself: noise [K,...,A] -> [...,A].
  [[nodiscard]] torch::Tensor mode(const torch::Tensor& noise) const;
};

/// The action model: feature -> distribution of the action.
class Actor : public torch::nn::Module {
 public:
  Actor(const BehaviorConfig& config, std::int64_t feature, std::int64_t action);

  /// feature [...,F] -> distribution over [...,A]: mean c·tanh(m/c), standard deviation
  /// softplus(s + softplus⁻¹(initial)) + minimum.
  [[nodiscard]] TanhNormal forward(const torch::Tensor& feature) const;

  /// The parameters of `forward`, for lib/fused.
  [[nodiscard]] fused::ActorWeights weights() const;

 private:
  double mean_scale_, raw_init_std_, min_std_;
  std::shared_ptr<DenseHead> head_;
};

}  // namespace dreamer
