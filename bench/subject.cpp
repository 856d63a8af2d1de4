#include "subject.h"

#include <algorithm>

#include "io/checkpoint_header.h"
#include "run/compute.h"

namespace dreamer::bench {

using torch::Tensor;

namespace {

// Random values in place of frames: what they show changes nothing in the time.
data::Batch random_batch(const FitModelConfig& config, const Signature& signature) {
  data::Batch batch;
  batch.batch = config.batch;
  batch.length = config.length;
  batch.signature = signature;
  const auto rows = static_cast<std::size_t>(config.batch * config.length);
  const RandomStream stream(0, "bench-batch");
  for (const Space& space : signature.observations) {
    const std::size_t values = rows * static_cast<std::size_t>(space.size());
    if (space.kind != SpaceKind::image) {
      stream.fill_uniform(2, batch.vectors[space.name] = std::vector<float>(values));
      continue;
    }
    auto& image = batch.images[space.name];
    for (std::size_t i = 0; i < values; ++i)
      image.push_back(static_cast<std::uint8_t>(i * 2654435761U >> 13U));
  }
  batch.action.resize(rows * static_cast<std::size_t>(signature.action.size()));
  stream.fill_uniform(0, batch.action);
  batch.reward.resize(rows);
  stream.fill_uniform(1, batch.reward);
  batch.discount.assign(rows, 1);
  batch.mask.assign(rows, 1);
  return batch;
}

template <class Module, class... Arguments>
std::shared_ptr<Module> make(torch::Device device, std::int64_t seed,
                             const Arguments&... arguments) {
  seed_parameters(seed, "bench");
  auto module = std::make_shared<Module>(arguments...);
  module->to(device);
  return module;
}

}  // namespace

Subject::Subject(const Config& config, const Signature& signature, std::int64_t seed,
                 torch::Device device)
    : config_(config),
      device_(device),
      batch_(random_batch(config.fit_model, signature)),
      model_(make<WorldModel>(device, seed, config.model, batch_.signature)),
      trainer_(model_,
               make<ActorCritic>(device, seed, config.behavior, config.model.feature(),
                                 batch_.signature.action),
               config, seed, device) {}

std::int64_t Subject::starts() const {
  const std::int64_t rows = batch_.batch * batch_.length;
  const std::int64_t wanted = config_.behavior.imagination_starts;
  return wanted > 0 ? std::min(wanted, rows) : rows;
}

void Subject::run_parts(const PhaseEnds& ended) {
  const Sequences batch = to_sequences(batch_, device_);
  const Tensor noise = torch::randn({batch_.batch, batch_.length, config_.model.stoch}, device_);
  const Observations seen = model_->preprocess(batch.observations);
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

  Tensor embedding = model_->encode(seen);
  ended("encoder forward");
  const Space& observation = batch_.signature.observations.at(0);
  back({embedding}, io::part_name("encoder", observation), {});
  ended("encoder backward");

  embedding = embedding.detach().requires_grad_();
  const Observed states = model_->rssm().observe(embedding, batch.action, noise);
  ended("RSSM forward");
  back({states.latent.stoch, states.latent.deter, states.prior.mean, states.prior.stddev}, "rssm",
       {embedding});
  ended("RSSM backward");

  const Tensor feature = states.latent.feature().detach().requires_grad_();
  ended("setting up");
  const Tensor decoded = model_->modalities().at(observation.name)->decode(feature);
  ended("decoder forward");
  back({decoded}, io::part_name("decoder", observation), {feature});
  ended("decoder backward");

  const Tensor reward = model_->predict(feature).reward;
  ended("reward forward");
  back({reward}, "reward", {feature});
  ended("reward backward");
}

}  // namespace dreamer::bench
