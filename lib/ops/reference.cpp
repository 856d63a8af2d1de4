#include "ops/reference.h"

#include "ops/distributions.h"
#include "ops/mlp.h"

namespace dreamer::ops::reference {

using torch::Tensor;

namespace {

/// hidden [N,K] -> Normal [N,S], by a dense layer to [mean, s].
Normal normal(const Tensor& hidden, const RssmWeights& w, double min_std) {
  const auto halves = torch::linear(hidden, w.out, w.out_bias).chunk(2, -1);
  // The floor keeps the KL finite as the standard deviation goes to 0.
  return {halves[0], torch::softplus(halves[1]) + min_std};
}

/// deter' from the state before; `from_action` [N,K] is what the action adds to the input layer.
Tensor advance(const RssmWeights& w, const Tensor& stoch, const Tensor& deter,
               const Tensor& from_action) {
  const Tensor hidden = torch::elu(torch::linear(stoch, w.stoch) + from_action);
  return gru_cell(hidden, deter, {w.gru, w.ih, w.hh, w.ih_bias, w.hh_bias});
}

/// What ImaginedRollout holds of one step's action.
struct Chosen {
  Tensor action, log_prob, stddev;
};

/// @param out [N,2A] or logits [N,A]
Chosen choose(const ActorWeights& actor, const Tensor& out, const Tensor& noise) {
  if (!actor.groups.empty()) {
    const OneHot policy{out, actor.groups};
    return {policy.sample(noise), -policy.entropy(), policy.probabilities().detach()};
  }
  const TanhNormal policy = TanhNormal::of(out, actor.normal);
  const SquashedAction action = policy.sample(noise);
  return {action.action, policy.log_prob(action.raw), policy.base.stddev.detach()};
}

}  // namespace

Tensor conv2d(Tensor x, at::TensorList layers, Activation last) {
  for (std::size_t i = 0; i < layers.size(); i += 2) {
    x = torch::conv2d(x, layers[i], layers[i + 1], /*stride=*/2);
    if (i + 2 < layers.size() || last == Activation::relu) x = torch::relu(x);
  }
  return x;
}

Tensor conv_transpose2d(Tensor x, at::TensorList layers, Activation last) {
  for (std::size_t i = 0; i < layers.size(); i += 2) {
    x = torch::conv_transpose2d(x, layers[i], layers[i + 1], /*stride=*/2);
    if (i + 2 < layers.size() || last == Activation::relu) x = torch::relu(x);
  }
  return x;
}

Tensor mlp(Tensor x, const std::vector<Tensor>& layers) {
  for (std::size_t i = 0; i < layers.size(); i += 2) {
    x = torch::linear(x, layers[i], layers[i + 1]);
    if (i + 2 < layers.size()) x = torch::elu(x);
  }
  return x;
}

Tensor scaled_images(const Tensor& x, const Tensor& mean, double gain) {
  // By a tensor: a GPU divides by a number as a product with its reciprocal, whose rounding, the
  // same in every pixel of a color, adds up to 1e-4 of a gradient.
  const Tensor values = x.to(torch::kFloat32);
  return (values / torch::full({}, 255, values.options()) - mean) * gain;
}

Tensor half_squared_distance(const Tensor& a, const Tensor& b) {
  return 0.5 * (a - b).square().sum({-3, -2, -1});
}

RssmSequence rssm_sequence(const RssmWeights& w, double min_std, const Tensor& from_action,
                           const Tensor& from_embedding, const Tensor& noise) {
  Tensor last_stoch = torch::zeros({noise.size(1), noise.size(2)}, noise.options()),
         last_deter = torch::zeros({noise.size(1), w.hh.size(1)}, noise.options());
  std::vector<Tensor> stoch, deter, mean, stddev;
  for (std::int64_t t = 0; t < noise.size(0); ++t) {
    last_deter = advance(w, last_stoch, last_deter, from_action[t]);
    const Normal posterior =
        normal(torch::elu(torch::linear(last_deter, w.deter) + from_embedding[t]), w, min_std);
    last_stoch = sample(posterior, noise[t]);
    stoch.push_back(last_stoch);
    deter.push_back(last_deter);
    mean.push_back(posterior.mean);
    stddev.push_back(posterior.stddev);
  }
  return {torch::stack(stoch), torch::stack(deter), torch::stack(mean), torch::stack(stddev)};
}

ImaginedRollout imagined_rollout(const ActorWeights& actor, const DynamicsWeights& dynamics,
                                 const RolloutConstants& constants) {
  const RssmWeights& w = dynamics.rssm;
  Tensor last_stoch = constants.stoch, last_deter = constants.deter;
  std::vector<Tensor> stoch, deter, action, log_prob, stddev;
  for (std::int64_t i = 0; i < constants.action_noise.size(0); ++i) {
    // The actor's input alone is detached: the gradient reaches an action through what it leads to,
    // not through how later actions react to it. Detaching the state itself would cut the method.
    const Tensor feature = torch::cat({last_stoch, last_deter}, -1).detach();
    const Chosen chosen = choose(actor, ops::mlp(feature, actor.layers), constants.action_noise[i]);
    last_deter = advance(w, last_stoch, last_deter,
                         torch::linear(chosen.action, dynamics.action, dynamics.input_bias));
    const Tensor hidden = torch::elu(torch::linear(last_deter, w.deter, dynamics.head_bias));
    last_stoch = sample(normal(hidden, w, dynamics.min_std), constants.prior_noise[i]);
    stoch.push_back(last_stoch);
    deter.push_back(last_deter);
    action.push_back(chosen.action);
    log_prob.push_back(chosen.log_prob);
    stddev.push_back(chosen.stddev);
  }
  return {torch::stack(stoch), torch::stack(deter), torch::stack(action), torch::stack(log_prob),
          torch::stack(stddev)};
}

void adam(const AdamTensors& t, const AdamStep& step) {
  for (std::size_t i = 0; i < t.x.size(); ++i) {
    const Tensor g = t.gradient[i] * step.clip_scale;
    t.m[i].mul_(step.beta1).add_(g, 1 - step.beta1);
    t.v[i].mul_(step.beta2).addcmul_(g, g, 1 - step.beta2);
    Tensor(t.x[i]).addcdiv_(t.m[i], t.v[i].sqrt().add_(step.epsilon), -step.rate);
  }
}

}  // namespace dreamer::ops::reference
