#pragma once

#include <torch/torch.h>

#include "behavior/actor.h"
#include "model/world_model.h"

namespace dreamer {

/// The noise of one imagination.
struct ImaginationNoise {
  torch::Tensor action;  // [H,N,A], standard normal; of discrete actions uniform in [0,1)
  torch::Tensor prior;   // [H,N,S]
};

/// Imagined trajectories: row i holds the state s_{i+1} and the action that led to it.
struct Trajectories {
  Latent states;           // [H,N,…]
  torch::Tensor action;    // [H,N,A]
  torch::Tensor log_prob;  // [H,N] of the action, given the state before it; of discrete actions
                           // its mean, the negative entropy
  torch::Tensor stddev;    // [H,N,A] of the action before the tanh, of discrete actions their
                           // probabilities; to look at, without gradient
};

/// Trajectories and what the model and the value predict at s_{i+1}.
struct Imagined : Trajectories {
  torch::Tensor reward, value;  // [H,N]
  torch::Tensor discount;       // [H,N]: the discount head's mean, or γ
  torch::Tensor disagreement;   // [H,N]: of the ensemble about s_{i+1}; undefined if not asked for
};

/// Rolls the model forward under the actor from `start` ([N,…], constants), with the gradients of
/// the whole path: action → dynamics → reward and value (figure 3b and section 3 of the paper).
[[nodiscard]] Imagined imagine(const WorldModel& model, const Actor& actor, const DenseHead& value,
                               const Latent& start, const ImaginationNoise& noise,
                               const BehaviorConfig& config);

/// The path alone.
[[nodiscard]] Trajectories roll_out(const Rssm& rssm, const Actor& actor, const Latent& start,
                                    const ImaginationNoise& noise);

}  // namespace dreamer
