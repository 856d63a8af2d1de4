#pragma once

#include "data/dream.h"

namespace dreamer {

/// Gives a dream along a policy's or other actions its truth: the logged rows of its context, then
/// what the task's simulator does from the last of them along the same actions.
/// @throws Error if an episode is of no task of ours, or without states that can be set
void add_simulated_truth(data::Dream& dream);

}  // namespace dreamer
