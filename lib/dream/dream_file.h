#pragma once

#include "agent/checkpoint.h"
#include "core/json.h"
#include "data/dream.h"
#include "data/replay.h"
#include "learner/jobs.h"

namespace dreamer {

/// Dreams from places in the episodes, as the file holds them: along the logged actions, along
/// others (job.actions), or, with a policy, along its own.
[[nodiscard]] data::Dream make_dream(const ModelCheckpoint& model, const PolicyCheckpoint* policy,
                                     const data::Replay& replay, const ImagineJob& job,
                                     torch::Device device);

/// What a dream holds: kind, starts, context, horizon; where it has the truth, the PSNR of the
/// images and the error of the rewards behind the context, each the mean over the horizon.
[[nodiscard]] Json summarize(const data::Dream& dream);

}  // namespace dreamer
