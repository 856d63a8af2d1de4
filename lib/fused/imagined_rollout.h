#pragma once

#include <vector>

#include "fused/pointwise.h"
#include "fused/rssm_steps.h"

namespace dreamer::fused {

/// An actor's dense layers, ELU between them, and what their numbers mean.
struct ActorWeights {
  std::vector<torch::Tensor> layers;  // weight, bias, weight, bias, …; the last give [2A]
  SquashedNormal normal;
};

/// The dynamics: the recurrence through the prior, and the rest of its two layers.
struct DynamicsWeights {
  RssmWeights rssm;
  double min_std;
  torch::Tensor action, input_bias;  // [K,A] [K], the input layer's other columns
  torch::Tensor head_bias;           // [K]
};

/// What is constant: the states that it starts from and the random numbers.
struct RolloutConstants {
  torch::Tensor stoch, deter;               // [N,S] [N,D]
  torch::Tensor action_noise, prior_noise;  // [H,N,A] [H,N,S]
};

struct ImaginedRollout {
  torch::Tensor stoch, deter;  // [H,N,…], after each action
  torch::Tensor action;        // [H,N,A]
  torch::Tensor log_prob;      // [H,N]
  torch::Tensor stddev;        // [H,N,A], without gradient
};

/// Actor and dynamics in turns, as one node of the gradient's graph. The actor's input is cut from
/// it; the gradients of weights that nobody asks for are not computed.
[[nodiscard]] ImaginedRollout imagined_rollout(const ActorWeights& actor,
                                               const DynamicsWeights& dynamics,
                                               const RolloutConstants& constants);

}  // namespace dreamer::fused
