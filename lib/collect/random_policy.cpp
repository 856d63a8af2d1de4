#include "collect/random_policy.h"

#include <algorithm>

namespace dreamer {

void RandomPolicy::begin(EpisodeId id) {
  actions_.emplace(static_cast<std::uint64_t>(id.seed), "random-policy");
  holds_.emplace(static_cast<std::uint64_t>(id.seed), "random-hold");
  index_ = static_cast<std::uint64_t>(id.index);
  step_ = change_ = 0;
}

std::vector<float> RandomPolicy::act(const Step&) {
  if (step_ == change_) {
    if (groups_.empty())
      for (std::size_t i = 0; i < action_.size(); ++i)
        action_[i] =
            static_cast<float>(2 * actions_->uniform(index_, step_ * action_.size() + i) - 1);
    else
      choose();
    change_ += 1 + holds_->below(static_cast<std::uint64_t>(hold_), index_, step_);
  }
  ++step_;
  return action_;
}

void RandomPolicy::choose() {
  std::ranges::fill(action_, 0.0F);
  std::size_t first = 0;  // of the group
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const auto size = static_cast<std::uint64_t>(groups_[g]);
    action_[first + actions_->below(size, index_, step_ * groups_.size() + g)] = 1;
    first += size;
  }
}

}  // namespace dreamer
