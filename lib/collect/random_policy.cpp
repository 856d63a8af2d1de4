#include "collect/random_policy.h"

namespace dreamer {

void RandomPolicy::begin(EpisodeId id) {
  actions_.emplace(static_cast<std::uint64_t>(id.seed), "random-policy");
  holds_.emplace(static_cast<std::uint64_t>(id.seed), "random-hold");
  index_ = static_cast<std::uint64_t>(id.index);
  step_ = change_ = 0;
}

std::vector<float> RandomPolicy::act(const Step&) {
  if (step_ == change_) {
    for (std::size_t i = 0; i < action_.size(); ++i)
      action_[i] =
          discrete_
              ? 0.0F
              : static_cast<float>(2 * actions_->uniform(index_, step_ * action_.size() + i) - 1);
    if (discrete_) action_[actions_->below(action_.size(), index_, step_)] = 1;
    change_ += 1 + holds_->below(static_cast<std::uint64_t>(hold_), index_, step_);
  }
  ++step_;
  return action_;
}

}  // namespace dreamer
