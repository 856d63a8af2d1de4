#include "update/behavior_trainer.h"

#include <cmath>

#include "core/error.h"

namespace dreamer {

using torch::Tensor;

namespace {

// An action this near ±1 has no gradient left through the tanh.
constexpr double kBound = 0.99;

/// The largest probability of each group: [...,A] -> [...,G].
Tensor likeliest(const Tensor& probabilities, const std::vector<std::int64_t>& groups) {
  std::vector<Tensor> parts = probabilities.split_with_sizes(groups, -1);
  for (Tensor& part : parts) part = part.amax(-1);
  return torch::stack(parts, -1);
}

}  // namespace

std::string BehaviorUpdate::nonfinite() const {
  const double actor = scalar(loss.actor), value = scalar(loss.value);
  if (std::isfinite(actor) && std::isfinite(value) && std::isfinite(actor_norm) &&
      std::isfinite(value_norm))
    return {};
  return fmt::format("actor loss {}, value loss {} and gradient norms {} and {} at update {}",
                     actor, value, actor_norm, value_norm, update);
}

BehaviorTrainer::BehaviorTrainer(std::shared_ptr<WorldModel> model,
                                 std::shared_ptr<ActorCritic> behavior, std::int64_t seed,
                                 torch::Device device)
    : model_(std::move(model)),
      behavior_(std::move(behavior)),
      device_(device),
      actor_adam_(named_parameters(*behavior_->actor), actor_adam(behavior_->config)),
      value_adam_(named_parameters(*behavior_->value), value_adam(behavior_->config)),
      model_noise_(seed, "behavior"),
      choice_(static_cast<std::uint64_t>(seed), "behavior-starts"),
      action_noise_(static_cast<std::uint64_t>(seed), "behavior-action"),
      prior_noise_(static_cast<std::uint64_t>(seed), "behavior-prior") {
  // The world model is an environment here: gradients run through it, none are taken for it.
  for (Tensor& p : model_->parameters()) p.set_requires_grad(false);
}

Latent BehaviorTrainer::starts(const data::Batch& raw, std::uint64_t update) const {
  const torch::NoGradGuard no_grad;
  const Sequences batch = to_sequences(raw, device_);
  const ModelNoise noise = model_noise_.draw(*model_, batch, update);
  return choose_starts(model_->observe(batch, noise).latent, batch.mask, update);
}

Latent BehaviorTrainer::choose_starts(const Latent& all, const Tensor& mask,
                                      std::uint64_t update) const {
  // Padding is never a start, nor what nothing follows if so set; a batch of nothing else learns
  // from all it has.
  Tensor valid = mask;
  if (behavior_->config.drop_last_start) {
    const Tensor followed = torch::constant_pad_nd(mask.slice(1, 1), {0, 1});
    if (followed.any().item<bool>()) valid = followed;
  }
  Tensor rows = valid.flatten().nonzero().squeeze(-1);
  const std::int64_t wanted = behavior_->config.imagination_starts;
  if (wanted > 0 && wanted < rows.numel()) {
    // The first `wanted` of a random permutation.
    const Tensor keys = uniform_tensor(choice_, update, {rows.numel()}, device_);
    rows = rows.index_select(0, keys.argsort(/*stable=*/true, -1, false).slice(0, 0, wanted));
  }
  return {all.stoch.flatten(0, 1).index_select(0, rows),
          all.deter.flatten(0, 1).index_select(0, rows)};
}

std::unique_ptr<BehaviorUpdate> BehaviorTrainer::compute_from(const Latent& start,
                                                              std::uint64_t update,
                                                              const PhaseEnds& ended) {
  const std::int64_t n = start.stoch.size(0), horizon = behavior_->config.horizon;
  auto made = std::make_unique<BehaviorUpdate>(*this);
  BehaviorUpdate& step = *made;
  step.update = update;
  step.start = start;
  const Space& action = model_->signature().action;
  step.noise = {action_noise(action, action_noise_, update, {horizon, n, action.size()}, device_),
                normal_tensor(prior_noise_, update, {horizon, n, model_->config().stoch}, device_)};
  ended("batch and noise");
  step.loss = behavior_->loss(*model_, start, step.noise);
  ended("imagination");
  step.actor_gradients = gradients(step.loss.actor, actor_adam_.tensors(), KeepGraph::yes);
  ended("actor backward");
  step.value_gradients = gradients(step.loss.value, value_adam_.tensors());
  ended("value backward");
  step.actor_norm = gradient_norm(step.actor_gradients);
  step.value_norm = gradient_norm(step.value_gradients);
  ended("optimizers");
  return made;
}

Json BehaviorUpdate::apply() {
  if (static_cast<std::int64_t>(update) >= trainer_.behavior_->config.actor_delay)
    trainer_.actor_adam_.step(actor_gradients, actor_norm);
  trainer_.value_adam_.step(value_gradients, value_norm);
  trainer_.behavior_->follow(loss);

  const torch::NoGradGuard no_grad;
  const Imagined& im = loss.imagined;
  Json metrics = {{"actor_loss", scalar(loss.actor)},
                  {"value_loss", scalar(loss.value) - kHalfLogTwoPi * scalar(loss.weight.mean())},
                  {"actor_gradient_norm", actor_norm},
                  {"value_gradient_norm", value_norm}};
  if (trainer_.behavior_->actor->discrete())
    metrics["action_probability"] =
        scalar(likeliest(im.stddev, trainer_.model_->signature().action.groups).mean());
  else
    metrics.update(
        {{"action_mean", scalar(im.action.mean())},
         {"action_std", start.stoch.size(0) > 1 ? scalar(im.action.std()) : 0.0},
         {"action_saturation", scalar((im.action.abs() > kBound).to(torch::kFloat32).mean())},
         {"actor_stddev", scalar(im.stddev.mean())}});
  metrics.update({{"entropy", scalar(loss.entropy)},
                  {"imagined_reward", scalar(im.reward.mean())},
                  {"value", scalar(im.value.mean())},
                  {"return", scalar(loss.returns.mean())}});
  if (loss.return_range.defined()) metrics["return_range"] = scalar(loss.return_range);
  if (im.disagreement.defined()) metrics["disagreement"] = scalar(im.disagreement.mean());
  return metrics;
}

void BehaviorUpdate::write(io::FileWriter& file) const {
  const WorldModel& model = *trainer_.model_;
  const ActorCritic& behavior = *trainer_.behavior_;
  const Imagined& im = loss.imagined;
  file.attribute("/", "kind", "behavior");
  Config config;
  config.model = model.config();
  config.behavior = behavior.config;
  file.attribute("/", "config", to_json(config, {"model", "behavior"}));
  file.attribute("/", "signature", to_json(model.signature()).dump());
  write_module(file, "/parameters/model", model);
  write_module(file, "/parameters/actor", *behavior.actor);
  write_module(file, "/parameters/value", *behavior.value);
  if (behavior.value_target) write_module(file, "/parameters/value_target", *behavior.value_target);
  write_tensor(file, "/start/stoch", "N,S", start.stoch);
  write_tensor(file, "/start/deter", "N,D", start.deter);
  write_tensor(file, "/noise/action", "H,N,A", noise.action);
  write_tensor(file, "/noise/prior", "H,N,S", noise.prior);
  write_tensor(file, "/imagined/action", "H,N,A", im.action);
  write_tensor(file, "/imagined/stoch", "H,N,S", im.states.stoch);
  write_tensor(file, "/imagined/deter", "H,N,D", im.states.deter);
  write_tensor(file, "/imagined/reward", "H,N", im.reward);
  write_tensor(file, "/imagined/value", "H,N", im.value);
  write_tensor(file, "/imagined/discount", "H,N", im.discount);
  if (im.disagreement.defined())
    write_tensor(file, "/imagined/disagreement", "H,N", im.disagreement);
  write_tensor(file, "/returns", "", loss.returns);
  if (loss.return_range.defined()) {
    write_tensor(file, "/return_range/before", "", behavior.return_range);
    write_tensor(file, "/return_range/with", "", loss.return_range);
  }
  write_tensor(file, "/weight", "", loss.weight);
  write_tensor(file, "/loss/actor", "", loss.actor);
  write_tensor(file, "/loss/value", "", loss.value);
  for (std::size_t i = 0; i < actor_gradients.size(); ++i)
    write_tensor(file, "/gradient/actor/" + trainer_.actor_adam_.parameters()[i].name, "",
                 actor_gradients[i]);
  for (std::size_t i = 0; i < value_gradients.size(); ++i)
    write_tensor(file, "/gradient/value/" + trainer_.value_adam_.parameters()[i].name, "",
                 value_gradients[i]);
  write_tensor(file, "/gradient_norm/actor", "", torch::tensor(static_cast<float>(actor_norm)));
  write_tensor(file, "/gradient_norm/value", "", torch::tensor(static_cast<float>(value_norm)));
}

void BehaviorTrainer::write(io::FileWriter& file) {
  write_model(file, *model_);
  write_behavior(file, *behavior_);
  write_optimizer(file, "actor", actor_adam_);
  write_optimizer(file, "value", value_adam_);
}

void BehaviorTrainer::read(const io::FileReader& file) {
  read_behavior(file, *behavior_);
  read_optimizer(file, "actor", actor_adam_);
  read_optimizer(file, "value", value_adam_);
}

Json BehaviorTrainer::config() const {
  Config config;
  config.model = model_->config();
  config.behavior = behavior_->config;
  return to_json(config, {"model", "behavior"});
}

}  // namespace dreamer
