#pragma once

#include <vector>

#include <torch/torch.h>

#include "agent/checkpoint.h"
#include "core/progress.h"

namespace dreamer {

/// A rollout of the model: `context` rows in which it saw the images, then rows without.
struct Rollout {
  Latent states;         // [N,H,…]
  torch::Tensor action;  // [N,H,A]
  std::int64_t context;
};

/// How states are drawn: standard deviations times `temperature` (1: as in learning, one likely
/// future; 0: the means, the best single guess), by the noise of (seed, "dream-…").
struct Draw {
  std::int64_t seed;
  double temperature = 1;
};

/// Follows logged sequences, through the posterior for `context` rows and by the prior along their
/// actions after that.
[[nodiscard]] Rollout open_loop(const WorldModel& model, const Sequences& logged,
                                std::int64_t context, const Draw& draw);

/// The same context, then `horizon` rows along the actor's own actions: sampled, at temperature 0
/// without noise.
[[nodiscard]] Rollout policy_dream(const WorldModel& model, const Actor& actor,
                                   const Sequences& logged, std::int64_t context,
                                   std::int64_t horizon, const Draw& draw);

/// An observation of a rollout as it would be stored: images uint8 [N,H,Y,X,C], vectors float
/// [N,H,…]; `progress` counts the N.
[[nodiscard]] torch::Tensor decoded(const Modality& modality, const Rollout& rollout,
                                    Progress* progress = nullptr);

/// Decibels of a mean squared error of images in [0,1], where none is below 100.
[[nodiscard]] torch::Tensor psnr_of(const torch::Tensor& mse);

/// Mean over everything but the horizon: [N,H,…] -> [H].
[[nodiscard]] torch::Tensor by_horizon(const torch::Tensor& x);

}  // namespace dreamer
