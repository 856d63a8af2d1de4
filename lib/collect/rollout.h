#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>

#include "collect/policy.h"
#include "data/episode.h"
#include "env/environment.h"

namespace dreamer {

struct RolloutOptions {
  bool observations = false;  // record vector observations and the physics state as well
  std::int64_t steps = std::numeric_limits<std::int64_t>::max();  // at most so many agent steps
  std::function<bool()> stop = {};                                // asked before every step
};

/// Lets `policy` act in `environment` from its present state, which `first` shows (what reset or
/// restore returned), until the episode ends.
/// @return the episode with a row for `first` and one for each step; nothing if it was stopped
[[nodiscard]] std::optional<data::Episode> run_episode(env::Environment& environment,
                                                       const env::Observation& first,
                                                       Policy& policy,
                                                       const RolloutOptions& options = {});

}  // namespace dreamer
