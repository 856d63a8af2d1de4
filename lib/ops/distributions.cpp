#include "ops/distributions.h"

#include <numbers>

#include "ops/pointwise.h"

namespace dreamer {

using torch::Tensor;

namespace {

/// `f` of each group's logits, side by side again.
template <class F>
Tensor each(const OneHot& policy, F f) {
  if (policy.groups.size() == 1) return f(policy.logits);
  std::vector<Tensor> parts = policy.logits.split_with_sizes(policy.groups, -1);
  for (Tensor& part : parts) part = f(part);
  return torch::cat(parts, -1);
}

}  // namespace

Tensor sample(const Normal& normal, const Tensor& noise) {
  return torch::addcmul(normal.mean, normal.stddev, noise);
}

Normal with_gradient_scale(const Normal& normal, double scale) {
  if (scale == 1) return normal;
  // The difference is 0; its gradient is not.
  const auto scaled = [scale](const Tensor& x) { return x.detach() + scale * (x - x.detach()); };
  return {scaled(normal.mean), scaled(normal.stddev)};
}

Tensor kl_divergence(const Normal& p, const Normal& q) {
  const Tensor ratio = p.stddev / q.stddev;
  const Tensor distance = (p.mean - q.mean) / q.stddev;
  return (0.5 * (ratio.square() + distance.square() - 1) - ratio.log()).sum(-1);
}

Tensor entropy(const Normal& normal) { return (normal.stddev.log() + kHalfLogTwoPi + 0.5).sum(-1); }

Tensor unit_normal_nll(const Tensor& mean, const Tensor& x) {
  return 0.5 * (x - mean).square() + kHalfLogTwoPi;
}

Tensor bernoulli_nll(const Tensor& logit, const Tensor& x) {
  return torch::softplus(logit) - x * logit;
}

TanhNormal TanhNormal::of(const Tensor& out, const TanhNormalOptions& o) {
  const auto halves = out.chunk(2, -1);
  return {{o.mean_scale * torch::tanh(halves[0] / o.mean_scale),
           torch::softplus(halves[1] + o.shift) + o.min_std}};
}

SquashedAction TanhNormal::sample(const Tensor& noise) const {
  const Tensor raw = dreamer::sample(base, noise);
  return {raw, torch::tanh(raw)};
}

Tensor TanhNormal::log_prob(const Tensor& raw) const {
  const Tensor z = (raw - base.mean) / base.stddev;
  const Tensor log_normal = -0.5 * z.square() - base.stddev.log() - kHalfLogTwoPi;
  // ln(1 − tanh²x), in the form that stays finite where tanh rounds to 1.
  const Tensor log_derivative = 2 * (std::numbers::ln2 - raw - torch::softplus(-2 * raw));
  return (log_normal - log_derivative).sum(-1);
}

Tensor TanhNormal::mode(const Tensor& noise) const {
  const SquashedAction candidates = sample(noise);               // [K,...,A]
  const Tensor best = log_prob(candidates.raw).argmax(0, true);  // [1,...]
  const Tensor index = best.unsqueeze(-1).expand_as(noise[0].unsqueeze(0));
  return candidates.action.gather(0, index).squeeze(0);
}

Tensor OneHot::probabilities() const {
  return each(*this, [](const Tensor& x) { return torch::softmax(x, -1); });
}

Tensor OneHot::sample(const Tensor& noise) const {
  const Tensor gumbel =
      -torch::log(-torch::log(noise.clamp(ops::kLeastUniform, ops::kMostUniform)));
  const Tensor chosen = OneHot{logits + gumbel, groups}.mode();
  const Tensor p = probabilities();
  return chosen + (p - p.detach());
}

Tensor OneHot::mode() const {
  return each(*this, [](const Tensor& x) {
    return torch::zeros_like(x).scatter(-1, x.argmax(-1, /*keepdim=*/true), 1.0);
  });
}

Tensor OneHot::entropy() const {
  const Tensor log_p = each(*this, [](const Tensor& x) { return torch::log_softmax(x, -1); });
  return -(probabilities() * log_p).sum(-1);
}

Tensor ActionDistribution::sample(const Tensor& noise) const {
  if (const auto* one_hot = std::get_if<OneHot>(&of_)) return one_hot->sample(noise);
  return continuous().sample(noise).action;
}

Tensor ActionDistribution::mode(const Tensor& noise) const {
  if (const auto* one_hot = std::get_if<OneHot>(&of_)) return one_hot->mode();
  return continuous().mode(noise);
}

}  // namespace dreamer
