#pragma once

#include <cstdint>

#include "core/random.h"

namespace dreamer {

// Seeds of environments. Users give seeds below 2³¹ and training environments have such seeds;
// evaluation environments have seeds from 2³¹ to 2³²−1, so that no policy is ever judged on an
// episode it was trained on.

inline constexpr std::int64_t kLargestSeed = 0x7fffffff;

/// The seed of training environment i of a run with seed S: S itself for the first, so that one
/// environment gives dm_control's episodes of that seed.
[[nodiscard]] inline std::int64_t training_seed(std::int64_t seed, std::int64_t environment) {
  if (environment == 0) return seed;
  return static_cast<std::int64_t>(derive_seed(static_cast<std::uint64_t>(seed), "environment",
                                               static_cast<std::uint64_t>(environment)) &
                                   kLargestSeed);
}

/// Every run has so many seeds of its own, one a round and the last for episodes that nothing is
/// learned from (pipelines/dreamer.mk counts likewise).
inline constexpr std::int64_t kSeedsOfARun = 10000;
inline constexpr std::int64_t kLargestRound = kSeedsOfARun - 2;
inline constexpr std::int64_t kLargestRunSeed = 199'999;
static_assert(kLargestRunSeed * kSeedsOfARun + kSeedsOfARun - 1 <= kLargestSeed);

/// The seed with which round r of a run with seed S collects; round 0 are the random episodes.
[[nodiscard]] inline std::int64_t round_seed(std::int64_t seed, std::int64_t round) {
  return seed * kSeedsOfARun + round;
}

/// The seed of evaluation environment i of a run with seed S.
[[nodiscard]] inline std::int64_t evaluation_seed(std::int64_t seed, std::int64_t environment) {
  return kLargestSeed + 1 + training_seed(seed, environment);
}

}  // namespace dreamer
