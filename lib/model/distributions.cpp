#include "model/distributions.h"

namespace dreamer {

using torch::Tensor;

Tensor sample(const Normal& normal, const Tensor& noise) {
  return torch::addcmul(normal.mean, normal.stddev, noise);
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

}  // namespace dreamer
