#pragma once

#include "agent/checkpoint.h"
#include "data/replay.h"
#include "io/followed_file.h"
#include "learner/jobs.h"

namespace dreamer {

// What the fits with --follow need beside those without: inputs that come and change as they run.

/// Waits for the first `job.min_episodes` episodes in `job.data`; false if a signal asked to stop.
[[nodiscard]] bool wait_for_episodes(data::Replay& replay, const FitJob& job);

/// Adds the episodes that have come to `job.data` since.
void add_new_episodes(data::Replay& replay, const FitJob& job);

/// Gives `model`, in place, the parameters of the checkpoint that has taken the place of its own,
/// if one has. One that cannot be read is warned of and left.
/// @throws Error if it is another kind of model
void take_newer_model(io::FollowedFile& file, ModelCheckpoint& model, torch::Device device);

/// Whether an earlier run of a job with --follow has left its output, to continue from.
[[nodiscard]] bool has_published(const FitJob& job);

}  // namespace dreamer
