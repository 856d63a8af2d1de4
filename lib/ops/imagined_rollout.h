#pragma once

#include <vector>

#include "ops/distributions.h"
#include "ops/rssm_steps.h"

namespace dreamer::ops {

/// An actor: its dense layers, with ELU between them, and how their outputs become a distribution.
struct ActorWeights {
  std::vector<torch::Tensor> layers;  // weight, bias, weight, bias, …; the last give [2A], or [A]
  TanhNormalOptions normal;           // of continuous actions
  std::vector<std::int64_t> groups;   // of discrete actions, whose logits are the outputs
};

/// The dynamics: the recurrence through the prior, and the rest of its two layers.
struct DynamicsWeights {
  RssmWeights rssm;
  double min_std;
  torch::Tensor action, input_bias;  // [K,A] [K], the input layer's other columns
  torch::Tensor head_bias;           // [K]
};

/// The constants: the states that it starts from and the noise.
struct RolloutConstants {
  torch::Tensor stoch, deter;               // [N,S] [N,D]
  torch::Tensor action_noise, prior_noise;  // [H,N,A] [H,N,S]; of discrete actions uniform
};

struct ImaginedRollout {
  torch::Tensor stoch, deter;  // [H,N,…], after each action
  torch::Tensor action;        // [H,N,A]
  torch::Tensor log_prob;      // [H,N]; of discrete actions its mean, the negative entropy
  torch::Tensor stddev;        // [H,N,A], without gradient; of discrete actions probabilities
};

/// Actor and dynamics in turns, H steps: one autograd node where the kernels serve (PyTorch's GRU;
/// see rows.h). The actor's input is detached; gradients of weights that are not asked for are not
/// computed.
[[nodiscard]] ImaginedRollout imagined_rollout(const ActorWeights& actor,
                                               const DynamicsWeights& dynamics,
                                               const RolloutConstants& constants);

}  // namespace dreamer::ops
