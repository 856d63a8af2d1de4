#include "joint_update.h"

#include <algorithm>

#include "train/compute.h"

namespace dreamer::bench {

using torch::Tensor;

namespace {

// Numbers where a replay would have frames: what they show changes nothing in the time.
data::Batch random_batch(const FitModelConfig& config, std::int64_t channels, std::int64_t action) {
  data::Batch batch;
  batch.batch = config.batch;
  batch.length = config.length;
  batch.action_size = action;
  batch.image_shape = {64, 64, channels};
  const auto rows = static_cast<std::size_t>(config.batch * config.length);
  const RandomStream stream(0, "bench-batch");
  batch.image.resize(rows * static_cast<std::size_t>(batch.image_shape.pixels()));
  for (std::size_t i = 0; i < batch.image.size(); ++i)
    batch.image[i] = static_cast<std::uint8_t>(i * 2654435761U >> 13U);
  batch.action.resize(rows * static_cast<std::size_t>(action));
  stream.fill_uniform(0, batch.action);
  batch.reward.resize(rows);
  stream.fill_uniform(1, batch.reward);
  batch.discount.assign(rows, 1);
  batch.mask.assign(rows, 1);
  return batch;
}

template <class Module, class... Arguments>
std::shared_ptr<Module> make(torch::Device device, std::int64_t seed, Arguments&&... arguments) {
  seed_parameters(seed, "bench");
  auto module = std::make_shared<Module>(std::forward<Arguments>(arguments)...);
  module->to(device);
  return module;
}

}  // namespace

JointUpdate::JointUpdate(const Config& config, std::int64_t channels, std::int64_t action,
                         std::int64_t seed, torch::Device device)
    : config_(config),
      device_(device),
      batch_(random_batch(config.fit_model, channels, action)),
      model_(make<WorldModel>(device, seed, config.model, batch_.image_shape, action)),
      behavior_(make<Behavior>(device, seed, config.behavior, config.model.feature(), action)),
      model_adam_(named_parameters(*model_), model_adam(config.fit_model)),
      actor_adam_(named_parameters(*behavior_->actor), actor_adam(config.behavior)),
      value_adam_(named_parameters(*behavior_->value), value_adam(config.behavior)),
      noise_(static_cast<std::uint64_t>(seed), "bench-noise") {}

std::int64_t JointUpdate::starts() const {
  const std::int64_t rows = batch_.batch * batch_.length;
  const std::int64_t wanted = config_.behavior.imagination_starts;
  return wanted > 0 ? std::min(wanted, rows) : rows;
}

Latent JointUpdate::choose_starts(const Latent& states) const {
  const auto first = [&](const Tensor& x) {
    return x.detach().flatten(0, 1).slice(0, 0, starts());
  };
  return {first(states.stoch), first(states.deter)};
}

void JointUpdate::freeze_model(bool frozen) {
  for (Tensor& p : model_->parameters()) p.set_requires_grad(!frozen);
}

void JointUpdate::run(std::uint64_t update, const PhaseEnds& ended) {
  const Sequences batch = to_sequences(batch_, device_);
  const std::int64_t stoch = config_.model.stoch, horizon = config_.behavior.horizon;
  ModelNoise noise;
  noise.posterior =
      normal_tensor(noise_, 3 * update, {batch_.batch, batch_.length, stoch}, device_);
  if (config_.model.image_encoding == "dithered")
    noise.dither = uniform_tensor(noise_, 3 * update, batch.image.sizes(), device_);
  const ImaginationNoise dreams = {
      normal_tensor(noise_, 3 * update + 1, {horizon, starts(), batch_.action_size}, device_),
      normal_tensor(noise_, 3 * update + 2, {horizon, starts(), stoch}, device_)};
  ended("batch and noise");

  Latent start;
  std::vector<Tensor> model_gradients;
  {
    const ModelLoss loss = model_->loss(batch, noise);
    ended("model forward");
    model_gradients = gradients(loss.total, model_adam_.tensors());
    start = choose_starts(loss.states.latent);
  }
  ended("model backward");

  freeze_model(true);
  std::vector<Tensor> actor_gradients, value_gradients;
  {
    const BehaviorLoss loss = behavior_->loss(*model_, start, dreams);
    ended("imagination");
    actor_gradients = gradients(loss.actor, actor_adam_.tensors(), KeepGraph::yes);
    ended("actor backward");
    value_gradients = gradients(loss.value, value_adam_.tensors());
  }
  ended("value backward");
  freeze_model(false);

  model_adam_.step(model_gradients, gradient_norm(model_gradients));
  actor_adam_.step(actor_gradients, gradient_norm(actor_gradients));
  value_adam_.step(value_gradients, gradient_norm(value_gradients));
  ended("optimizers");
}

void JointUpdate::run_parts(const PhaseEnds& ended) {
  const Sequences batch = to_sequences(batch_, device_);
  const Tensor noise =
      normal_tensor(noise_, 0, {batch_.batch, batch_.length, config_.model.stoch}, device_);
  const Tensor image = model_->preprocess(batch.image);
  ended("setting up");

  // The gradient of what a part gives, 1 everywhere, with respect to what it learns and is given.
  const auto back = [&](const std::vector<Tensor>& outputs, const std::string& module,
                        std::vector<Tensor> inputs) {
    for (const auto& p : model_->named_parameters())
      if (p.key().starts_with(module + ".")) inputs.push_back(p.value());
    std::vector<Tensor> ones;
    for (const Tensor& output : outputs) ones.push_back(torch::ones_like(output));
    static_cast<void>(torch::autograd::grad(outputs, inputs, ones));
  };

  Tensor embedding = model_->encode(image);
  ended("encoder forward");
  back({embedding}, "encoder", {});
  ended("encoder backward");

  embedding = embedding.detach().requires_grad_();
  const Observed states = model_->rssm().observe(embedding, batch.action, noise);
  ended("RSSM forward");
  back({states.latent.stoch, states.latent.deter, states.prior.mean, states.prior.stddev}, "rssm",
       {embedding});
  ended("RSSM backward");

  const Tensor feature = states.latent.feature().detach().requires_grad_();
  ended("setting up");
  const Tensor decoded = model_->decode(feature);
  ended("decoder forward");
  back({decoded}, "decoder", {feature});
  ended("decoder backward");

  const Tensor reward = model_->predict(feature).reward;
  ended("reward forward");
  back({reward}, "reward", {feature});
  ended("reward backward");
}

}  // namespace dreamer::bench
