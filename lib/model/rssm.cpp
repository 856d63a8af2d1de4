#include "model/rssm.h"

#include "ops/rssm_sequence.h"

namespace dreamer {

using torch::Tensor;

Rssm::Rssm(const ModelConfig& config, std::int64_t action, std::int64_t embedding)
    : stoch_(config.stoch), deter_(config.deter), min_std_(config.min_std) {
  input_ = register_module("input", dense(stoch_ + action, config.hidden));
  gru_ = register_module("gru", std::make_shared<Gru>(config.hidden, deter_, gru_kind(config.gru)));
  prior_hidden_ = register_module("prior_hidden", dense(deter_, config.hidden));
  prior_out_ = register_module("prior_out", dense(config.hidden, 2 * stoch_));
  posterior_hidden_ = register_module("posterior_hidden", dense(deter_ + embedding, config.hidden));
  posterior_out_ = register_module("posterior_out", dense(config.hidden, 2 * stoch_));
}

Latent Rssm::initial(std::int64_t rows) const {
  const auto options = input_->weight.options().requires_grad(false);
  return {torch::zeros({rows, stoch_}, options), torch::zeros({rows, deter_}, options)};
}

Tensor Rssm::action_part(const Tensor& action) const {
  return torch::linear(action, input_->weight.slice(1, stoch_), input_->bias);
}

Tensor Rssm::embedding_part(const Tensor& embedding) const {
  return torch::linear(embedding, posterior_hidden_->weight.slice(1, deter_),
                       posterior_hidden_->bias);
}

Tensor Rssm::advance(const Latent& previous, const Tensor& from_action) const {
  const Tensor hidden =
      torch::elu(torch::linear(previous.stoch, input_->weight.slice(1, 0, stoch_)) + from_action);
  return gru_->forward(hidden, previous.deter);
}

Normal Rssm::normal(const Tensor& hidden, const torch::nn::Linear& out) const {
  const auto halves = torch::linear(hidden, out->weight, out->bias).chunk(2, -1);
  // The floor keeps the KL finite as the standard deviation goes to 0.
  return {halves[0], torch::softplus(halves[1]) + min_std_};
}

Normal Rssm::prior(const Tensor& deter) const {
  return normal(torch::elu(torch::linear(deter, prior_hidden_->weight, prior_hidden_->bias)),
                prior_out_);
}

Normal Rssm::posterior(const Tensor& deter, const Tensor& from_embedding) const {
  const Tensor from_deter = torch::linear(deter, posterior_hidden_->weight.slice(1, 0, deter_));
  return normal(torch::elu(from_deter + from_embedding), posterior_out_);
}

Observed Rssm::observe(const Tensor& embedding, const Tensor& action, const Tensor& noise) const {
  const auto flip = [](const Tensor& x) { return x.transpose(0, 1); };  // [B,L,…] <-> [L,B,…]
  const ops::RssmSequence s =
      ops::rssm_sequence(recurrence(posterior_hidden_, posterior_out_), min_std_,
                         flip(action_part(action)), flip(embedding_part(embedding)), flip(noise));
  // No step needs the prior of the one before: all of them in one product.
  const Normal p = prior(s.deter);
  return {{flip(s.stoch), flip(s.deter)},
          {flip(s.mean), flip(s.stddev)},
          {flip(p.mean), flip(p.stddev)}};
}

Latent Rssm::observe_step(const Latent& previous, const Tensor& action, const Tensor& embedding,
                          const Tensor& noise) const {
  const Tensor deter = advance(previous, action_part(action));
  return {sample(posterior(deter, embedding_part(embedding)), noise), deter};
}

Latent Rssm::imagine_step(const Latent& previous, const Tensor& action, const Tensor& noise) const {
  const Tensor deter = advance(previous, action_part(action));
  return {sample(prior(deter), noise), deter};
}

ops::RssmWeights Rssm::recurrence(const torch::nn::Linear& hidden,
                                  const torch::nn::Linear& out) const {
  const ops::GruWeights& gru = gru_->weights();
  return {input_->weight.slice(1, 0, stoch_), gru.ih,      gru.hh,    gru.ih_bias, gru.hh_bias,
          hidden->weight.slice(1, 0, deter_), out->weight, out->bias, gru.kind};
}

ops::DynamicsWeights Rssm::dynamics() const {
  return {recurrence(prior_hidden_, prior_out_), min_std_, input_->weight.slice(1, stoch_),
          input_->bias, prior_hidden_->bias};
}

}  // namespace dreamer
