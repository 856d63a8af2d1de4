#pragma once

#include <torch/torch.h>

namespace dreamer {

/// λ-returns (equation 6 of the paper): V_H = v_H and, for i = H−1 … 1,
/// V_i = r_i + d_i·((1−λ)·v_{i+1} + λ·V_{i+1}).
/// reward, value, discount [H,N] -> returns [H−1,N], with their gradients.
[[nodiscard]] torch::Tensor lambda_returns(const torch::Tensor& reward, const torch::Tensor& value,
                                           const torch::Tensor& discount, double lambda);

/// The range between the 5th and the 95th percentile of returns, a constant scalar (section "Actor
/// critic learning" of arXiv 2301.04104).
[[nodiscard]] torch::Tensor percentile_range(const torch::Tensor& returns);

/// How much each imagined step counts: w_1 = 1, w_{i+1} = w_i·d_i. A constant.
/// discount [H,N] -> weights [H−1,N].
[[nodiscard]] torch::Tensor step_weights(const torch::Tensor& discount);

}  // namespace dreamer
