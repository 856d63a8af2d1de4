#include "collect/seeds.h"

#include <unordered_set>

#include "core/random.h"

namespace dreamer {
namespace {

/// A seed below 2³¹ made of a run's seed, an environment's number, and how often another was taken.
std::int64_t hashed(std::int64_t seed, std::int64_t environment, std::uint64_t attempt) {
  const std::uint64_t first = derive_seed(static_cast<std::uint64_t>(seed), "environment",
                                          static_cast<std::uint64_t>(environment));
  const std::uint64_t hash =
      attempt == 0 ? first : derive_seed(first, "another-environment", attempt);
  return static_cast<std::int64_t>(hash & static_cast<std::uint64_t>(kLargestSeed));
}

}  // namespace

std::vector<std::int64_t> training_seeds(std::int64_t seed, std::int64_t environments) {
  std::vector<std::int64_t> seeds = {seed};
  if (environments < 2) return seeds;
  // Every round gives its seeds as if those before it had been collected. Some milliseconds.
  const std::int64_t first = seed / kSeedsOfARun * kSeedsOfARun;
  std::unordered_set<std::int64_t> taken;
  for (std::int64_t round = first; round < first + kSeedsOfARun; ++round) taken.insert(round);
  for (std::int64_t round = first; round <= seed; ++round)
    for (std::int64_t environment = 1; environment < environments; ++environment) {
      std::int64_t candidate = 0;
      for (std::uint64_t attempt = 0;; ++attempt)
        if (taken.insert(candidate = hashed(round, environment, attempt)).second) break;
      if (round == seed) seeds.push_back(candidate);
    }
  return seeds;
}

std::int64_t evaluation_seed(std::int64_t seed, std::int64_t environment) {
  return kLargestSeed + 1 + (environment == 0 ? seed : hashed(seed, environment, 0));
}

}  // namespace dreamer
