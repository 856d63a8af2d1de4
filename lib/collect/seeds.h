#pragma once

#include <cstdint>
#include <vector>

namespace dreamer {

// Seeds of environments. Users give seeds below 2³¹ and training environments have such seeds;
// evaluation environments have seeds from 2³¹ to 2³²−1, so that no policy is ever judged on an
// episode it was trained on.

inline constexpr std::int64_t kLargestSeed = 0x7fffffff;

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

/// The seeds of the training environments side by side that collect with seed S: S itself for the
/// first, so that one environment gives dm_control's episodes of that seed; for the others hashes
/// of S and their number. Of a run that collects with so many environments in each of its rounds
/// all are different: where a hash has been given to an environment of an earlier round, or is a
/// round's own seed, another takes its place.
[[nodiscard]] std::vector<std::int64_t> training_seeds(std::int64_t seed,
                                                       std::int64_t environments);

/// The seed of evaluation environment i of a run with seed S. Two may be the same, which does no
/// harm: nothing is stored under it.
[[nodiscard]] std::int64_t evaluation_seed(std::int64_t seed, std::int64_t environment);

}  // namespace dreamer
