#pragma once

#include "ops/rssm_steps.h"

namespace dreamer::ops {

/// States of sequences and the posterior that they were drawn from.
struct RssmSequence {
  torch::Tensor stoch, deter, mean, stddev;  // [T,N,…]
};

/// The RSSM's recurrence through the posterior, from the zero state: one autograd node where the
/// kernels serve (PyTorch's GRU; see rows.h).
/// @param from_action, from_embedding [T,N,K]: what they and the biases add to the two layers
/// @param noise [T,N,S], a constant
[[nodiscard]] RssmSequence rssm_sequence(const RssmWeights& weights, double min_std,
                                         const torch::Tensor& from_action,
                                         const torch::Tensor& from_embedding,
                                         const torch::Tensor& noise);

}  // namespace dreamer::ops
