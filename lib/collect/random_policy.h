#pragma once

#include <optional>

#include "collect/policy.h"
#include "core/random.h"

namespace dreamer {

/// Uniform actions in [-1,1], each held for 1 to `hold` steps (longer pushes reach further states
/// than trembling does). Each draw is a function of environment seed, episode and step.
class RandomPolicy : public Policy {
 public:
  explicit RandomPolicy(std::int64_t action_size, std::int64_t hold = 1)
      : action_size_(action_size), hold_(hold) {}

  void reset(std::int64_t seed, std::int64_t index) override;
  std::vector<float> act(std::span<const std::uint8_t> image) override;

 private:
  std::int64_t action_size_, hold_;
  std::vector<float> action_;
  std::uint64_t left_ = 0;  // steps for which the action is still held
  std::optional<RandomStream> stream_;
  std::uint64_t index_ = 0;  // of the episode
  std::uint64_t draw_ = 0;   // of the episode's next number
};

}  // namespace dreamer
