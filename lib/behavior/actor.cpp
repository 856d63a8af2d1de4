#include "behavior/actor.h"

#include <cmath>
#include <numbers>

namespace dreamer {

using torch::Tensor;

SquashedAction TanhNormal::sample(const Tensor& noise) const {
  const Tensor raw = dreamer::sample(base, noise);
  return {raw, torch::tanh(raw)};
}

Tensor TanhNormal::log_prob(const Tensor& raw) const {
  const Tensor z = (raw - base.mean) / base.stddev;
  const Tensor log_normal = -0.5 * z.square() - base.stddev.log() - kHalfLogTwoPi;
  // ln(1 − tanh²x), in the form that stays finite where tanh rounds to 1.
  const Tensor log_slope = 2 * (std::numbers::ln2 - raw - torch::softplus(-2 * raw));
  return (log_normal - log_slope).sum(-1);
}

Tensor TanhNormal::mode(const Tensor& noise) const {
  const SquashedAction candidates = sample(noise);               // [K,...,A]
  const Tensor best = log_prob(candidates.raw).argmax(0, true);  // [1,...]
  const Tensor index = best.unsqueeze(-1).expand_as(noise[0].unsqueeze(0));
  return candidates.action.gather(0, index).squeeze(0);
}

Actor::Actor(const BehaviorConfig& config, std::int64_t feature, std::int64_t action)
    : mean_scale_(config.actor_mean_scale),
      raw_init_std_(std::log(std::expm1(config.actor_init_std))),
      min_std_(config.actor_min_std) {
  head_ = std::make_shared<DenseHead>(feature, config.units, config.actor_layers, 2 * action);
  // The head's layers are the actor's own: /actor/hidden1, not /actor/head/hidden1.
  for (const auto& child : head_->named_children()) register_module(child.key(), child.value());
}

TanhNormal Actor::forward(const Tensor& feature) const {
  const auto halves = head_->forward(feature).chunk(2, -1);
  return {{mean_scale_ * torch::tanh(halves[0] / mean_scale_),
           torch::softplus(halves[1] + raw_init_std_) + min_std_}};
}

fused::ActorWeights Actor::weights() const {
  return {head_->weights(),
          {static_cast<float>(mean_scale_), static_cast<float>(raw_init_std_),
           static_cast<float>(min_std_)}};
}

}  // namespace dreamer
