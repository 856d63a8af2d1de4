#pragma once

#include "fused/rssm_steps.h"

namespace dreamer::fused {

/// States of sequences and the posterior that they were drawn from.
struct RssmSequence {
  torch::Tensor stoch, deter, mean, stddev;  // [T,N,…]
};

/// The RSSM's recurrence through the posterior, from the zero state, as one node of the gradient's
/// graph.
/// @param from_action, from_embedding [T,N,K]: what they and the biases add to the two layers
/// @param noise [T,N,S], a constant
[[nodiscard]] RssmSequence rssm_sequence(const RssmWeights& weights, double min_std,
                                         const torch::Tensor& from_action,
                                         const torch::Tensor& from_embedding,
                                         const torch::Tensor& noise);

}  // namespace dreamer::fused
