#pragma once

#include <string>

#include <torch/torch.h>

#include "config/config.h"
#include "model/layers.h"
#include "model/sequences.h"

namespace dreamer {

/// A term of the world model's loss: a mean over the real rows.
struct LossTerm {
  std::string name;     // "image": the metric image_loss
  torch::Tensor value;  // scalar
  double scale = 1;     // its weight in the total
  double floor = 0;     // its value where the prediction is perfect
};

/// The mean of x [B,L] over the rows that are real.
[[nodiscard]] torch::Tensor masked_mean(const torch::Tensor& x, const torch::Tensor& mask);

/// What the world model predicts beside its observations.
class Head {
 public:
  virtual ~Head() = default;
  /// @param feature [B,L,F]
  [[nodiscard]] virtual LossTerm loss(const torch::Tensor& feature,
                                      const Sequences& batch) const = 0;
};

/// The mean of a Normal with unit variance.
class RewardHead final : public DenseHead, public Head {
 public:
  explicit RewardHead(const ModelConfig& config)
      : DenseHead(config.feature(), config.units, config.reward_layers, 1),
        scale_(config.reward_scale) {}

  /// feature [...,F] -> [...].
  [[nodiscard]] torch::Tensor predict(const torch::Tensor& feature) const {
    return forward(feature).squeeze(-1);
  }
  [[nodiscard]] LossTerm loss(const torch::Tensor& feature, const Sequences& batch) const override;

 private:
  double scale_;
};

/// The discount of a step: the probability that the episode continues, times discount_gamma.
class DiscountHead final : public DenseHead, public Head {
 public:
  explicit DiscountHead(const ModelConfig& config)
      : DenseHead(config.feature(), config.units, config.discount_layers, 1),
        in_target_(config.discount_target == "discounted" ? config.discount_gamma : 1),
        of_prediction_(config.discount_target == "discounted" ? 1 : config.discount_gamma),
        scale_(config.discount_scale) {}

  /// feature [...,F] -> [...], in (0,1).
  [[nodiscard]] torch::Tensor predict(const torch::Tensor& feature) const {
    const torch::Tensor p = torch::sigmoid(forward(feature).squeeze(-1));
    return of_prediction_ == 1 ? p : of_prediction_ * p;
  }
  [[nodiscard]] LossTerm loss(const torch::Tensor& feature, const Sequences& batch) const override;

 private:
  double in_target_, of_prediction_;  // factors, one of them 1
  double scale_;
};

}  // namespace dreamer
