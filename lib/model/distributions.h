#pragma once

#include <torch/torch.h>

namespace dreamer {

/// Diagonal Normal distributions, one in each row.
struct Normal {
  torch::Tensor mean, stddev;  // [..., K]
};

/// mean + stddev · noise: a reparameterised sample, so gradients reach mean and stddev.
[[nodiscard]] torch::Tensor sample(const Normal& normal, const torch::Tensor& noise);

/// KL(p ‖ q) summed over the last axis: [..., K] -> [...].
[[nodiscard]] torch::Tensor kl_divergence(const Normal& p, const Normal& q);

/// Entropy summed over the last axis: [..., K] -> [...].
[[nodiscard]] torch::Tensor entropy(const Normal& normal);

/// −ln Normal(x; mean, 1), elementwise, with its constant ½·ln 2π.
[[nodiscard]] torch::Tensor unit_normal_nll(const torch::Tensor& mean, const torch::Tensor& x);

/// −ln Bernoulli(x; sigmoid(logit)), elementwise; x may be any probability (a soft target).
[[nodiscard]] torch::Tensor bernoulli_nll(const torch::Tensor& logit, const torch::Tensor& x);

/// ½·ln 2π, the floor of unit_normal_nll.
inline constexpr double kHalfLogTwoPi = 0.91893853320467274178;

}  // namespace dreamer
