#include "behavior/actor.h"

#include <cmath>

namespace dreamer {

using torch::Tensor;

Actor::Actor(const BehaviorConfig& config, std::int64_t feature, const Space& action)
    : groups_(action.groups),
      normal_{config.actor_mean_scale, std::log(std::expm1(config.actor_init_std)),
              config.actor_min_std} {
  head_ = std::make_shared<DenseHead>(feature, config.units, config.actor_layers,
                                      (discrete() ? 1 : 2) * action.size());
  // The head's layers are the actor's own: /actor/hidden1, not /actor/head/hidden1.
  for (const auto& child : head_->named_children()) register_module(child.key(), child.value());
}

ActionDistribution Actor::forward(const Tensor& feature) const {
  const Tensor out = head_->forward(feature);
  if (discrete()) return OneHot{out, groups_};
  return TanhNormal::of(out, normal_);
}

ops::ActorWeights Actor::weights() const { return {head_->weights(), normal_, groups_}; }

}  // namespace dreamer
