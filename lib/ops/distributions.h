#pragma once

#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include <torch/torch.h>

namespace dreamer {

/// Diagonal Normal distributions, one in each row.
struct Normal {
  torch::Tensor mean, stddev;  // [..., K]
};

/// mean + stddev · noise: a reparameterised sample, so gradients reach mean and stddev.
[[nodiscard]] torch::Tensor sample(const Normal& normal, const torch::Tensor& noise);

/// The same distribution, whose gradients are multiplied by `scale`.
[[nodiscard]] Normal with_gradient_scale(const Normal& normal, double scale);

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

/// How an actor's outputs [m, s] become the Normal before the tanh: mean c·tanh(m/c), standard
/// deviation softplus(s + shift) + min_std.
struct TanhNormalOptions {
  double mean_scale, shift, min_std;
};

/// An action and the value before its tanh, kept so that no inverse tanh is ever taken.
struct SquashedAction {
  torch::Tensor raw, action;  // [...,A]; action = tanh(raw), in [-1,1]
};

/// tanh(Normal): the distribution of continuous actions (section 3 of the paper; Haarnoja 2018).
struct TanhNormal {
  Normal base;  // [...,A], before the tanh

  /// From an actor's outputs [m, s], [...,2A].
  static TanhNormal of(const torch::Tensor& out, const TanhNormalOptions& options);

  /// Reparameterised: gradients reach the distribution. noise [...,A], standard normal.
  [[nodiscard]] SquashedAction sample(const torch::Tensor& noise) const;
  /// ln p(action), summed over the action's axis: [...,A] -> [...].
  [[nodiscard]] torch::Tensor log_prob(const torch::Tensor& raw) const;
  /// The likeliest of K samples, for each row by itself: noise [K,...,A] -> [...,A].
  [[nodiscard]] torch::Tensor mode(const torch::Tensor& noise) const;
};

/// Independent choices, each a one-hot vector, side by side: of one group, one of A discrete
/// actions. A sample has the gradient of the probabilities (straight-through; Bengio et al. 2013).
struct OneHot {
  torch::Tensor logits;              // [...,A]
  std::vector<std::int64_t> groups;  // A is their sum

  [[nodiscard]] torch::Tensor probabilities() const;
  /// By the largest of logits with Gumbel noise: noise [...,A], uniform in [0,1).
  [[nodiscard]] torch::Tensor sample(const torch::Tensor& noise) const;
  /// The likeliest: [...,A].
  [[nodiscard]] torch::Tensor mode() const;
  /// The sum of the groups': [...,A] -> [...].
  [[nodiscard]] torch::Tensor entropy() const;
};

/// The distribution of an action, of either kind.
class ActionDistribution {
 public:
  ActionDistribution(TanhNormal continuous) : of_(std::move(continuous)) {}  // NOLINT: is one
  ActionDistribution(OneHot discrete) : of_(std::move(discrete)) {}          // NOLINT: is one

  /// noise [...,A]: standard normal, or uniform in [0,1) for discrete actions.
  [[nodiscard]] torch::Tensor sample(const torch::Tensor& noise) const;
  /// noise [K,...,A], standard normal: of continuous actions the likeliest of K samples.
  [[nodiscard]] torch::Tensor mode(const torch::Tensor& noise) const;

  [[nodiscard]] const TanhNormal& continuous() const { return std::get<TanhNormal>(of_); }
  [[nodiscard]] const OneHot& discrete() const { return std::get<OneHot>(of_); }

 private:
  std::variant<TanhNormal, OneHot> of_;
};

}  // namespace dreamer
