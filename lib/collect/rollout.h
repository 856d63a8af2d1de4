#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>

#include "collect/policy.h"
#include "data/episode.h"
#include "env/environment.h"

namespace dreamer {

/// So many episodes of one environment whose physics break down at once, one after the other, are
/// no accident any more: the model or the policy is at fault.
inline constexpr std::int64_t kMostBreakdowns = 10;

struct RolloutOptions {
  bool observations = false;  // record vector observations and the physics state as well
  std::string render = {};    // how the images are drawn, for the episode's record
  std::int64_t steps = std::numeric_limits<std::int64_t>::max();  // at most so many agent steps
  std::function<bool()> stop = {};                                // asked before every step
};

/// Lets `policy` act in `environment` from `first` (what begin or restore returned) until the
/// episode ends. Where the physics break down it ends before the step that they did not take, as
/// truncated, with a warning.
/// @return the episode with a row for `first` and one for each step; nothing if it was stopped
[[nodiscard]] std::optional<data::Episode> run_episode(env::Environment& environment, EpisodeId id,
                                                       const Step& first, Policy& policy,
                                                       const RolloutOptions& options = {});

}  // namespace dreamer
