#pragma once

#include <string>

#include "collect/policy.h"
#include "stages/jobs.h"

namespace dreamer {

/// What acts in a task.
struct Acting {
  PolicyFactory make;  // policies of further environments
  std::string id;      // provenance id of the checkpoint; empty: random
};

/// The policy that `job.policy` names: a checkpoint, or "random", which needs no LibTorch and holds
/// each action for up to `random_hold` steps. A checkpoint whose actions do not fit the task is
/// refused before LibTorch is loaded; one learned on another task, or with another action repeat,
/// is warned of.
[[nodiscard]] Acting acting_policy(const PolicyJob& job, const std::string& task,
                                   std::int64_t action_repeat, std::int64_t random_hold);

}  // namespace dreamer
