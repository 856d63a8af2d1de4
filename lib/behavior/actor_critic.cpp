#include "behavior/actor_critic.h"

#include "behavior/returns.h"

namespace dreamer {

using torch::Tensor;

ActorCritic::ActorCritic(const BehaviorConfig& settings, std::int64_t feature, const Space& action)
    : config(settings) {
  actor = register_module("actor", std::make_shared<Actor>(config, feature, action));
  value = register_module(
      "value", std::make_shared<DenseHead>(feature, config.units, config.value_layers, 1));
}

BehaviorLoss ActorCritic::loss(const WorldModel& model, const Latent& start,
                               const ImaginationNoise& noise) const {
  BehaviorLoss loss;
  loss.imagined = imagine(model, *actor, *value, start, noise, config);
  const Imagined& im = loss.imagined;
  const Tensor reward = im.disagreement.defined()
                            ? im.reward - config.disagreement_scale * im.disagreement
                            : im.reward;
  loss.returns = lambda_returns(reward, im.value, im.discount, config.lambda);
  loss.weight = step_weights(im.discount);

  const Tensor entropy = -im.log_prob.slice(0, 0, -1);  // [H−1,N]
  loss.entropy = entropy.mean();
  loss.actor = -(loss.weight * loss.returns).mean();
  if (config.entropy_scale > 0)
    loss.actor = loss.actor - config.entropy_scale * (loss.weight * entropy).mean();

  // The target is a constant: the value moves toward the return, not the return toward the value.
  const Tensor predicted = im.value.slice(0, 0, -1);
  loss.value = (loss.weight * unit_normal_nll(predicted, loss.returns.detach())).mean();
  return loss;
}

}  // namespace dreamer
