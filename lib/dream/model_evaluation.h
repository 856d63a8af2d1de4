#pragma once

#include "core/json.h"
#include "data/replay.h"
#include "learner/jobs.h"
#include "model/world_model.h"

namespace dreamer {

/// How well the model predicts held-out episodes in open loop: by step of the horizon the PSNR of
/// the image and the error of the reward, beside what two predictors without a model reach:
/// repeating the last frame (and reward) of the context, and the mean frame (and reward) of the
/// data. The gain is over the better of them; `explained` is the share of the squared error of the
/// mean that the model avoids, mean over the observations. Predictions are means, not samples.
/// Rewards are left out where the model predicts none or the data have none.
[[nodiscard]] Json evaluate_open_loop(const WorldModel& model, const data::Replay& replay,
                                      const EvaluateModelJob& job, torch::Device device);

}  // namespace dreamer
