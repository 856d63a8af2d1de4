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

/// The seed with which round r of a run with seed S collects: S itself for round 0, the random
/// episodes; each round has another (the multiplier is odd, so the first 2³¹ differ), and those of
/// runs with neighbouring seeds are far apart.
[[nodiscard]] inline std::int64_t round_seed(std::int64_t seed, std::int64_t round) {
  constexpr std::int64_t kStride = 0x5e3779b1;
  return (seed + round * kStride) & kLargestSeed;
}

/// The seed of evaluation environment i of a run with seed S.
[[nodiscard]] inline std::int64_t evaluation_seed(std::int64_t seed, std::int64_t environment) {
  return kLargestSeed + 1 + training_seed(seed, environment);
}

}  // namespace dreamer
