#pragma once

#include "collect/policy.h"
#include "core/json.h"
#include "learner/jobs.h"

namespace dreamer::run {

// What the programs do with LibTorch, one file each; Learner (learner/learner.h) says what they
// return.

void fit_model(const FitModelJob& job);
void fit_behavior(const FitBehaviorJob& job);
void train(const TrainJob& job);
[[nodiscard]] Json imagine(const ImagineJob& job);
[[nodiscard]] Json evaluate_model(const EvaluateModelJob& job);
[[nodiscard]] PolicyHandle act(const PolicyJob& job);

}  // namespace dreamer::run
