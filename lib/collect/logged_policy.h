#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "collect/policy.h"

namespace dreamer {

/// Gives logged actions [T,A] one after the other, from row 1 on.
class LoggedPolicy : public Policy {
 public:
  LoggedPolicy(std::vector<float> actions, std::int64_t action_size)
      : actions_(std::move(actions)), action_size_(action_size) {}

  void begin(EpisodeId) override { row_ = 1; }
  std::vector<float> act(const Step&) override {
    const auto first = actions_.begin() + action_size_ * row_++;
    return {first, first + action_size_};
  }

 private:
  std::vector<float> actions_;
  std::int64_t action_size_;
  std::int64_t row_ = 1;
};

}  // namespace dreamer
