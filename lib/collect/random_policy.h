#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "collect/policy.h"
#include "core/random.h"
#include "core/signature.h"

namespace dreamer {

/// Uniform actions: in [-1,1], or of each group of discrete ones any. Each draw is a function of
/// environment seed, episode and step.
class RandomPolicy : public Policy {
 public:
  /// @param hold keep each action for 1 … `hold` steps, drawn uniformly: slow tasks hardly move
  ///             under actions that change at every step
  explicit RandomPolicy(const Space& action, std::int64_t hold = 1)
      : hold_(hold), groups_(action.groups), action_(static_cast<std::size_t>(action.size())) {}

  void begin(EpisodeId id) override;
  std::vector<float> act(const Step& seen) override;

 private:
  void choose();

  std::int64_t hold_;
  std::vector<std::int64_t> groups_;  // of discrete actions
  std::optional<RandomStream> actions_, holds_;
  std::uint64_t index_ = 0;              // of the episode
  std::uint64_t step_ = 0, change_ = 0;  // the next step, and the one that takes a new action
  std::vector<float> action_;
};

}  // namespace dreamer
