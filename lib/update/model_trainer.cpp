#include "update/model_trainer.h"

#include <cmath>

#include "core/error.h"

namespace dreamer {

using torch::Tensor;

std::string ModelUpdate::nonfinite() const {
  const double total = scalar(loss.total);
  if (std::isfinite(total) && std::isfinite(norm)) return {};
  return fmt::format("loss {} and gradient norm {} at update {}", total, norm, update);
}

ModelTrainer::ModelTrainer(std::shared_ptr<WorldModel> model, const Config& config,
                           std::int64_t seed, torch::Device device)
    : model_(std::move(model)),
      config_(config),
      device_(device),
      adam_(named_parameters(*model_), model_adam(config.fit_model)),
      noise_(seed, "model") {
  config_.model = model_->config();
}

std::unique_ptr<ModelUpdate> ModelTrainer::compute_model(const data::Batch& raw,
                                                         std::uint64_t update,
                                                         const PhaseEnds& ended) {
  auto made = std::make_unique<ModelUpdate>(*this);
  ModelUpdate& step = *made;
  step.update = update;
  step.batch = to_sequences(raw, device_);
  step.noise = noise_.draw(*model_, step.batch, update);
  ended("batch and noise");
  step.loss = model_->loss(step.batch, step.noise);
  ended("model forward");
  step.gradients = gradients(step.loss.total, adam_.tensors());
  ended("model backward");
  step.norm = gradient_norm(step.gradients);
  ended("optimizers");
  return made;
}

Json ModelUpdate::apply() {
  trainer_.adam().step(gradients, norm);

  const torch::NoGradGuard no_grad;
  const auto mean = [&](const Tensor& x) {
    return scalar((x * batch.mask).sum() / batch.mask.sum());
  };
  const WorldModel& model = *trainer_.model();
  const ModelConfig& config = model.config();
  Json metrics = {
      {"kl", scalar(loss.kl)},
      {"free_nats_fraction", mean((loss.kl_each < config.free_nats).to(torch::kFloat32))},
      {"posterior_entropy", mean(entropy(loss.states.posterior))},
      {"prior_entropy", mean(entropy(loss.states.prior))},
      {"gradient_norm", norm}};
  // The constants ½·ln 2π are left out: 0 is a perfect prediction.
  double total = scalar(loss.total);
  for (const LossTerm& term : loss.terms) {
    total -= term.scale * term.floor;
    metrics[term.name + "_loss"] = scalar(term.value) - term.floor;
  }
  metrics["loss"] = total;
  return metrics;
}

void ModelUpdate::write(io::FileWriter& file) const {
  const WorldModel& model = *trainer_.model();
  file.attribute("/", "kind", "model");
  Config config;
  config.model = model.config();
  file.attribute("/", "config", to_json(config, {"model"}));
  write_module(file, "/parameters/model", model);
  for (const Space& space : model.signature().observations)
    write_tensor(file, "/batch" + data::observation_path(space.name),
                 data::observation_dims("B,L", space), batch.observations.at(space.name));
  write_tensor(file, "/batch/action", "B,L,A", batch.action);
  write_tensor(file, "/batch/reward", "B,L", batch.reward);
  write_tensor(file, "/batch/discount", "B,L", batch.discount);
  write_tensor(file, "/batch/mask", "B,L", batch.mask);
  write_tensor(file, "/noise/posterior", "B,L,S", noise.posterior);
  for (const auto& [name, values] : noise.dither)
    write_tensor(file, name == "image" ? "/noise/dither" : "/noise/dither_" + name, "B,L,Y,X,C",
                 values);
  write_tensor(file, "/loss/total", "", loss.total);
  for (const LossTerm& term : loss.terms) write_tensor(file, "/loss/" + term.name, "", term.value);
  write_tensor(file, "/loss/kl", "", loss.kl);
  write_tensor(file, "/loss/kl_floored", "", loss.kl_floored);
  write_tensor(file, "/posterior/mean", "B,L,S", loss.states.posterior.mean);
  write_tensor(file, "/posterior/stddev", "B,L,S", loss.states.posterior.stddev);
  write_tensor(file, "/posterior/stoch", "B,L,S", loss.states.latent.stoch);
  write_tensor(file, "/posterior/deter", "B,L,D", loss.states.latent.deter);
  write_tensor(file, "/prior/mean", "B,L,S", loss.states.prior.mean);
  write_tensor(file, "/prior/stddev", "B,L,S", loss.states.prior.stddev);
  for (std::size_t i = 0; i < gradients.size(); ++i)
    write_tensor(file, "/gradient/model/" + trainer_.adam().parameters()[i].name, "", gradients[i]);
  write_tensor(file, "/gradient_norm/model", "", torch::tensor(static_cast<float>(norm)));
}

void ModelTrainer::write(io::FileWriter& file) {
  write_model(file, *model_);
  write_optimizer(file, "model", adam_);
}

void ModelTrainer::read(const io::FileReader& file) {
  read_module(file, "/model", *model_);
  read_optimizer(file, "model", adam_);
}

Json ModelTrainer::config() const { return to_json(config_, {"model", "fit_model"}); }

}  // namespace dreamer
