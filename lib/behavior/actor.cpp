#include "behavior/actor.h"

#include <cmath>

namespace dreamer {

using torch::Tensor;

Actor::Actor(const BehaviorConfig& config, std::int64_t feature, std::int64_t action)
    : normal_{config.actor_mean_scale, std::log(std::expm1(config.actor_init_std)),
              config.actor_min_std} {
  head_ = std::make_shared<DenseHead>(feature, config.units, config.actor_layers, 2 * action);
  // The head's layers are the actor's own: /actor/hidden1, not /actor/head/hidden1.
  for (const auto& child : head_->named_children()) register_module(child.key(), child.value());
}

TanhNormal Actor::forward(const Tensor& feature) const {
  return TanhNormal::of(head_->forward(feature), normal_);
}

ops::ActorWeights Actor::weights() const { return {head_->weights(), normal_}; }

}  // namespace dreamer
