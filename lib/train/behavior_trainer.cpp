#include "train/behavior_trainer.h"

#include <cmath>

#include "core/error.h"

namespace dreamer {

using torch::Tensor;

namespace {

// An action this near ±1 has no gradient left through the tanh.
constexpr double kBound = 0.99;

void write_behavior_step(io::FileWriter& file, const WorldModel& model, const Behavior& behavior,
                         const Latent& start, const ImaginationNoise& noise,
                         const BehaviorLoss& loss, const Adam& actor, const Adam& value,
                         const std::vector<Tensor>& actor_gradients,
                         const std::vector<Tensor>& value_gradients) {
  file.attribute("/", "kind", "behavior");
  Config config;
  config.model = model.config();
  config.behavior = behavior.config;
  file.attribute("/", "config", to_json(config, {"model", "behavior"}));
  write_module(file, "/parameters/model", model);
  write_module(file, "/parameters/actor", *behavior.actor);
  write_module(file, "/parameters/value", *behavior.value);
  write_tensor(file, "/start/stoch", "N,S", start.stoch);
  write_tensor(file, "/start/deter", "N,D", start.deter);
  write_tensor(file, "/noise/action", "H,N,A", noise.action);
  write_tensor(file, "/noise/prior", "H,N,S", noise.prior);
  write_tensor(file, "/imagined/action", "H,N,A", loss.imagined.action);
  write_tensor(file, "/imagined/stoch", "H,N,S", loss.imagined.states.stoch);
  write_tensor(file, "/imagined/deter", "H,N,D", loss.imagined.states.deter);
  write_tensor(file, "/imagined/reward", "H,N", loss.imagined.reward);
  write_tensor(file, "/imagined/value", "H,N", loss.imagined.value);
  write_tensor(file, "/imagined/discount", "H,N", loss.imagined.discount);
  write_tensor(file, "/returns", "", loss.returns);
  write_tensor(file, "/weight", "", loss.weight);
  write_tensor(file, "/loss/actor", "", loss.actor);
  write_tensor(file, "/loss/value", "", loss.value);
  for (std::size_t i = 0; i < actor_gradients.size(); ++i)
    write_tensor(file, "/gradient/actor/" + actor.parameters()[i].name, "", actor_gradients[i]);
  for (std::size_t i = 0; i < value_gradients.size(); ++i)
    write_tensor(file, "/gradient/value/" + value.parameters()[i].name, "", value_gradients[i]);
  write_tensor(file, "/gradient_norm/actor", "",
               torch::tensor(static_cast<float>(gradient_norm(actor_gradients))));
  write_tensor(file, "/gradient_norm/value", "",
               torch::tensor(static_cast<float>(gradient_norm(value_gradients))));
}

}  // namespace

BehaviorTrainer::BehaviorTrainer(std::shared_ptr<WorldModel> model,
                                 std::shared_ptr<Behavior> behavior, const Domain& domain,
                                 std::int64_t seed, torch::Device device)
    : model_(std::move(model)),
      behavior_(std::move(behavior)),
      domain_(domain),
      device_(device),
      actor_adam_(
          named_parameters(*behavior_->actor),
          {behavior_->config.actor_learning_rate, behavior_->config.beta1,
           behavior_->config.actor_beta2, behavior_->config.epsilon, behavior_->config.clip}),
      value_adam_(
          named_parameters(*behavior_->value),
          {behavior_->config.value_learning_rate, behavior_->config.beta1,
           behavior_->config.value_beta2, behavior_->config.epsilon, behavior_->config.clip}),
      posterior_noise_(static_cast<std::uint64_t>(seed), "behavior-posterior"),
      dither_(static_cast<std::uint64_t>(seed), "behavior-dither"),
      choice_(static_cast<std::uint64_t>(seed), "behavior-starts"),
      action_noise_(static_cast<std::uint64_t>(seed), "behavior-action"),
      prior_noise_(static_cast<std::uint64_t>(seed), "behavior-prior") {
  // The world model is an environment here: gradients run through it, none are taken for it.
  for (Tensor& p : model_->parameters()) p.set_requires_grad(false);
}

Latent BehaviorTrainer::starts(const data::Batch& raw, std::uint64_t update) const {
  const torch::NoGradGuard no_grad;
  const Sequences batch = to_sequences(raw, device_);
  ModelNoise noise;
  noise.posterior = normal_tensor(posterior_noise_, update,
                                  {raw.batch, raw.length, model_->config().stoch}, device_);
  if (model_->config().image_encoding == "dithered")
    noise.dither = uniform_tensor(dither_, update, batch.image.sizes(), device_);
  const Latent all = model_->observe(batch, noise).latent;

  // Padding is never a start.
  Tensor rows = batch.mask.flatten().nonzero().squeeze(-1);
  const std::int64_t wanted = behavior_->config.imagination_starts;
  if (wanted > 0 && wanted < rows.numel()) {
    // The first `wanted` of a random permutation.
    const Tensor keys = uniform_tensor(choice_, update, {rows.numel()}, device_);
    rows = rows.index_select(0, keys.argsort(/*stable=*/true, -1, false).slice(0, 0, wanted));
  }
  return {all.stoch.flatten(0, 1).index_select(0, rows),
          all.deter.flatten(0, 1).index_select(0, rows)};
}

Json BehaviorTrainer::update(const data::Batch& raw, std::uint64_t update, const StepSink& sink) {
  const BehaviorConfig& config = behavior_->config;
  const Latent start = starts(raw, update);
  const std::int64_t n = start.stoch.size(0), horizon = config.horizon;
  const ImaginationNoise noise = {
      normal_tensor(action_noise_, update, {horizon, n, model_->action_size()}, device_),
      normal_tensor(prior_noise_, update, {horizon, n, model_->config().stoch}, device_)};

  const BehaviorLoss loss = behavior_->loss(*model_, start, noise);
  const auto actor_grads = gradients(loss.actor, actor_adam_.tensors(), KeepGraph::yes);
  const auto value_grads = gradients(loss.value, value_adam_.tensors());
  const double actor_norm = gradient_norm(actor_grads), value_norm = gradient_norm(value_grads);
  if (sink)
    sink([&](io::FileWriter& file) {
      write_behavior_step(file, *model_, *behavior_, start, noise, loss, actor_adam_, value_adam_,
                          actor_grads, value_grads);
    });
  const double actor_loss = scalar(loss.actor), value_loss = scalar(loss.value);
  if (!std::isfinite(actor_loss) || !std::isfinite(value_loss) || !std::isfinite(actor_norm) ||
      !std::isfinite(value_norm))
    throw NonFinite(
        fmt::format("actor loss {}, value loss {} and gradient norms {} and {} at "
                    "update {}",
                    actor_loss, value_loss, actor_norm, value_norm, update));
  if (static_cast<std::int64_t>(update) >= config.actor_delay)
    actor_adam_.step(actor_grads, actor_norm);
  value_adam_.step(value_grads, value_norm);

  const torch::NoGradGuard no_grad;
  const Imagined& im = loss.imagined;
  return {{"actor_loss", actor_loss},
          {"value_loss", value_loss - kHalfLogTwoPi * scalar(loss.weight.mean())},
          {"actor_gradient_norm", actor_norm},
          {"value_gradient_norm", value_norm},
          {"action_mean", scalar(im.action.mean())},
          {"action_spread", n > 1 ? scalar(im.action.std()) : 0.0},
          {"share_at_bounds", scalar((im.action.abs() > kBound).to(torch::kFloat32).mean())},
          {"actor_stddev", scalar(im.stddev.mean())},
          {"entropy", scalar(loss.entropy)},
          {"imagined_reward", scalar(im.reward.mean())},
          {"value", scalar(im.value.mean())},
          {"return", scalar(loss.returns.mean())}};
}

void BehaviorTrainer::write(io::FileWriter& file) {
  write_model(file, *model_, domain_);
  write_module(file, "/actor", *behavior_->actor);
  write_module(file, "/value", *behavior_->value);
  write_optimizer(file, "actor", actor_adam_);
  write_optimizer(file, "value", value_adam_);
}

void BehaviorTrainer::read(const io::FileReader& file) {
  read_module(file, "/actor", *behavior_->actor);
  read_module(file, "/value", *behavior_->value);
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
