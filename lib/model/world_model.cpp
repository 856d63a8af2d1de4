#include "model/world_model.h"

namespace dreamer {

using torch::Tensor;

WorldModel::WorldModel(const ModelConfig& config, const Signature& signature)
    : config_(config), signature_(signature) {
  std::int64_t embedding = 0;
  for (const Space& space : signature.observations) {
    const auto modality = make_modality(space, config, *this);
    embedding += modality->embedding();
    modalities_.emplace(space.name, modality);
  }
  rssm_ =
      register_module("rssm", std::make_shared<Rssm>(config, signature.action.size(), embedding));
  for (const auto& [name, modality] : modalities_) modality->add_decoder(*this);
  if (config.reward_head) {
    reward_ = register_module("reward", std::make_shared<RewardHead>(config));
    heads_.push_back(reward_);
  }
  if (config.discount_head) {
    discount_ = register_module("discount", std::make_shared<DiscountHead>(config));
    heads_.push_back(discount_);
  }
  if (config.ensemble > 0)
    ensemble_ =
        register_module("ensemble", std::make_shared<Ensemble>(config, signature.action.size()));
}

Observations WorldModel::preprocess(const Observations& stored, const Observations& dither) const {
  Observations x;
  for (const auto& [name, modality] : modalities_) {
    const auto noise = dither.find(name);
    x[name] =
        modality->preprocess(stored.at(name), noise == dither.end() ? Tensor() : noise->second);
  }
  return x;
}

Tensor WorldModel::encode(const Observations& preprocessed) const {
  std::vector<Tensor> embeddings;
  for (const auto& [name, modality] : modalities_)
    embeddings.push_back(modality->encode(preprocessed.at(name)));
  return embeddings.size() == 1 ? embeddings.front() : torch::cat(embeddings, -1);
}

Observations WorldModel::mean_dither() const {
  Observations dither;
  for (const auto& [name, modality] : modalities_)
    if (modality->dithered()) dither[name] = torch::full({1}, 0.5F, parameters().front().device());
  return dither;
}

Observed WorldModel::observe(const Sequences& batch, const ModelNoise& noise) const {
  return rssm_->observe(encode(preprocess(batch.observations, noise.dither)), batch.action,
                        noise.posterior);
}

Prediction WorldModel::predict(const Tensor& feature) const {
  return {reward_ ? reward_->predict(feature) : Tensor(),
          discount_ ? discount_->predict(feature) : Tensor()};
}

ModelLoss WorldModel::loss(const Sequences& batch, const ModelNoise& noise) const {
  const Observations x = preprocess(batch.observations, noise.dither);
  ModelLoss loss;
  loss.states = rssm_->observe(encode(x), batch.action, noise.posterior);
  const Tensor feature = loss.states.latent.feature();  // [B,L,F]

  for (const auto& [name, modality] : modalities_) {
    const Tensor nll = modality->nll(modality->decode(feature), x.at(name));  // [B,L]
    loss.terms.push_back(
        {name, masked_mean(nll, batch.mask), modality->scale(), modality->nll_floor()});
  }
  for (const auto& head : heads_) loss.terms.push_back(head->loss(feature, batch));
  if (ensemble_) loss.terms.push_back(ensemble_->loss(loss.states, batch));

  const double balance = config_.kl_balance;
  loss.kl_each = kl_divergence(with_gradient_scale(loss.states.posterior, 2 * (1 - balance)),
                               with_gradient_scale(loss.states.prior, 2 * balance));
  loss.kl = masked_mean(loss.kl_each, batch.mask);
  loss.kl_floored = config_.free_nats_mode == "mean"
                        ? loss.kl.clamp_min(config_.free_nats)
                        : masked_mean((loss.kl_each - config_.free_nats).clamp_min(0), batch.mask);

  for (const LossTerm& term : loss.terms) {
    const Tensor weighted = term.scale * term.value;
    loss.total = loss.total.defined() ? loss.total + weighted : weighted;
  }
  loss.total = loss.total + config_.kl_scale * loss.kl_floored;
  return loss;
}

}  // namespace dreamer
