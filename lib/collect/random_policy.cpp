#include "collect/random_policy.h"

namespace dreamer {

void RandomPolicy::reset(std::int64_t seed, std::int64_t index) {
  stream_.emplace(static_cast<std::uint64_t>(seed), "random-policy");
  index_ = static_cast<std::uint64_t>(index);
  draw_ = 0;
  left_ = 0;
}

std::vector<float> RandomPolicy::act(std::span<const std::uint8_t>) {
  if (left_ == 0) {
    action_.resize(static_cast<std::size_t>(action_size_));
    for (auto& a : action_) a = static_cast<float>(2 * stream_->uniform(index_, draw_++) - 1);
    left_ = hold_ > 1 ? 1 + stream_->below(static_cast<std::uint64_t>(hold_), index_, draw_++) : 1;
  }
  --left_;
  return action_;
}

}  // namespace dreamer
