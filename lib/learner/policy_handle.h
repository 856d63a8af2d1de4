#pragma once

#include <string>

#include "collect/policy.h"
#include "learner/jobs.h"

namespace dreamer {

/// The policy that `job.policy` names: a checkpoint, or "random", which needs no LibTorch and holds
/// each action for up to `job.collect.action_hold` steps. A checkpoint whose actions do not fit the
/// task is refused before LibTorch is loaded; one learned on another task, or with another action
/// repeat, is warned of.
[[nodiscard]] PolicyHandle policy_handle(const PolicyJob& job, const std::string& task);

/// The policy that the checkpoint `job.policy` holds at the time, asked for at each beginning of an
/// episode. The first time it waits for the file, and throws if that is no fitting policy; a later
/// one that cannot be taken is warned of, and the one before acts on.
[[nodiscard]] PolicyProvider followed_policy(const PolicyJob& job, const std::string& task);

}  // namespace dreamer
