#pragma once

#include <vector>

#include <torch/torch.h>

#include "agent/checkpoint.h"
#include "core/progress.h"
#include "data/replay.h"

namespace dreamer {

/// Whether states are drawn from their distributions, as in learning, or are the means: one likely
/// future, or the best single guess.
enum class Draw { sample, mean };

/// A rollout of the model: `context` rows in which it saw the images, then rows without.
struct Rollout {
  Latent states;         // [N,H,…]
  torch::Tensor action;  // [N,H,A]
  std::int64_t context;
};

/// Follows logged sequences, through the posterior for `context` rows and by the prior along the
/// logged actions after that. The noise is that of (seed, "dream-…").
[[nodiscard]] Rollout open_loop(const WorldModel& model, const Sequences& logged,
                                std::int64_t context, Draw draw, std::int64_t seed);

/// The same context, then `horizon` rows along the actor's own sampled actions.
[[nodiscard]] Rollout policy_dream(const WorldModel& model, const Actor& actor,
                                   const Sequences& logged, std::int64_t context,
                                   std::int64_t horizon, std::int64_t seed);

/// Logged windows and where they lie.
struct Windows {
  Sequences logged;                              // [N,L,…]
  std::vector<std::int64_t> episode, first_row;  // [N]
};

/// An observation of a rollout as it would be stored: images uint8 [N,H,Y,X,C], vectors float
/// [N,H,…]; `progress` counts the N.
[[nodiscard]] torch::Tensor decoded(const Modality& modality, const Rollout& rollout,
                                    Progress* progress = nullptr);

/// Decibels of a mean squared error of images in [0,1], where none is below 100.
[[nodiscard]] torch::Tensor psnr_of(const torch::Tensor& mse);

/// Mean over everything but the horizon: [N,H,…] -> [H].
[[nodiscard]] torch::Tensor by_horizon(const torch::Tensor& x);

/// `count` windows of `context` + `ahead` rows that lie wholly inside their episode, drawn by
/// (seed, "starts").
/// @throws Error if no episode is long enough; it names the options --context and --horizon
[[nodiscard]] Windows draw_windows(const data::Replay& replay, std::int64_t count,
                                   std::int64_t context, std::int64_t ahead, std::int64_t seed,
                                   torch::Device device);

}  // namespace dreamer
