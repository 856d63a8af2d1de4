#pragma once

#include <torch/torch.h>

#include "config/config.h"
#include "model/layers.h"
#include "ops/distributions.h"
#include "ops/imagined_rollout.h"

namespace dreamer {

/// The action model: feature -> distribution of the action.
class Actor : public torch::nn::Module {
 public:
  Actor(const BehaviorConfig& config, std::int64_t feature, std::int64_t action);

  /// feature [...,F] -> distribution over [...,A]: mean c·tanh(m/c), standard deviation
  /// softplus(s + softplus⁻¹(initial)) + minimum.
  [[nodiscard]] TanhNormal forward(const torch::Tensor& feature) const;

  /// The parameters of `forward`, for lib/ops.
  [[nodiscard]] ops::ActorWeights weights() const;

 private:
  TanhNormalOptions normal_;
  std::shared_ptr<DenseHead> head_;
};

}  // namespace dreamer
