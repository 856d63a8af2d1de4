#pragma once

#include <torch/torch.h>

#include "config/config.h"
#include "core/signature.h"
#include "model/layers.h"
#include "ops/distributions.h"
#include "ops/imagined_rollout.h"

namespace dreamer {

/// The action model: feature -> distribution of the action.
class Actor : public torch::nn::Module {
 public:
  Actor(const BehaviorConfig& config, std::int64_t feature, const Space& action);

  /// feature [...,F] -> distribution over [...,A]: of continuous actions with mean c·tanh(m/c) and
  /// standard deviation softplus(s + softplus⁻¹(initial)) + minimum.
  [[nodiscard]] ActionDistribution forward(const torch::Tensor& feature) const;
  [[nodiscard]] bool discrete() const { return !groups_.empty(); }

  /// The parameters of `forward`, for lib/ops.
  [[nodiscard]] ops::ActorWeights weights() const;

 private:
  std::vector<std::int64_t> groups_;  // of discrete actions
  TanhNormalOptions normal_;
  std::shared_ptr<DenseHead> head_;
};

}  // namespace dreamer
