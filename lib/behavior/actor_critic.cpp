#include "behavior/actor_critic.h"

#include "behavior/returns.h"

namespace dreamer {

using torch::Tensor;

namespace {

constexpr double kRangeDecay = 0.99;  // of the running range of returns

}  // namespace

ActorCritic::ActorCritic(const BehaviorConfig& settings, std::int64_t feature, const Space& action)
    : config(settings) {
  actor = register_module("actor", std::make_shared<Actor>(config, feature, action));
  value = register_module(
      "value", std::make_shared<DenseHead>(feature, config.units, config.value_layers, 1));
  if (config.value_target_rate < 1) {
    value_target = register_module(
        "value_target", std::make_shared<DenseHead>(feature, config.units, config.value_layers, 1));
    for (Tensor& parameter : value_target->parameters()) parameter.set_requires_grad(false);
    move_value_target(1);
  }
  if (config.return_scale == "percentiles")
    return_range = register_buffer("return_range", torch::zeros({}));
}

BehaviorLoss ActorCritic::loss(const WorldModel& model, const Latent& start,
                               const ImaginationNoise& noise) const {
  BehaviorLoss loss;
  const DenseHead& bootstrap = value_target ? *value_target : *value;
  loss.imagined = imagine(model, *actor, bootstrap, start, noise, config);
  const Imagined& im = loss.imagined;
  const Tensor reward = im.disagreement.defined()
                            ? im.reward - config.disagreement_scale * im.disagreement
                            : im.reward;
  loss.returns = lambda_returns(reward, im.value, im.discount, config.lambda);
  loss.weight = step_weights(im.discount);

  const Tensor entropy = -im.log_prob.slice(0, 0, -1);  // [H−1,N]
  loss.entropy = entropy.mean();
  loss.actor = -(loss.weight * loss.returns).mean();
  if (return_range.defined()) {
    loss.return_range =
        kRangeDecay * return_range + (1 - kRangeDecay) * percentile_range(loss.returns);
    loss.actor = loss.actor / loss.return_range.clamp_min(1);
  }
  if (config.entropy_scale > 0)
    loss.actor = loss.actor - config.entropy_scale * (loss.weight * entropy).mean();

  // The target is a constant: the value moves toward the return, not the return toward the value.
  const Tensor predicted =
      value_target ? value->forward(im.states.feature().slice(0, 0, -1).detach()).squeeze(-1)
                   : im.value.slice(0, 0, -1);
  loss.value = (loss.weight * unit_normal_nll(predicted, loss.returns.detach())).mean();
  return loss;
}

void ActorCritic::follow(const BehaviorLoss& loss) {
  const torch::NoGradGuard no_grad;
  if (return_range.defined()) return_range.copy_(loss.return_range);
  move_value_target(config.value_target_rate);
}

void ActorCritic::move_value_target(double rate) {
  if (!value_target) return;
  const torch::NoGradGuard no_grad;
  const std::vector<Tensor> now = value->parameters(), slow = value_target->parameters();
  for (std::size_t i = 0; i < slow.size(); ++i) slow[i].lerp_(now[i], rate);
}

}  // namespace dreamer
