#pragma once

#include <memory>

#include "agent/checkpoint.h"

namespace dreamer {

/// The same model, the values of its parameters shared with `model`, as those see it who run
/// gradients through it and take none for it: its parameters ask for none, so that a backward pass
/// computes none. It follows every step that `model` makes.
[[nodiscard]] std::shared_ptr<WorldModel> frozen_view(const WorldModel& model);

/// A policy with parameters of its own, which stay as they were while learning continues: what acts
/// in the background.
class PolicySnapshot {
 public:
  PolicySnapshot(const WorldModel& model, const ActorCritic& behavior);

  /// Takes the present parameters of the ones it was made from. Nobody may be acting.
  void refresh(const WorldModel& model, const ActorCritic& behavior);

  [[nodiscard]] std::shared_ptr<const PolicyCheckpoint> policy() const { return policy_; }
  /// 16 hexadecimal digits that tell policies apart: a hash of the parameters that acting depends
  /// on.
  [[nodiscard]] std::string digest() const;

  // As "/acting/…" of an unfinished round.
  void write(io::FileWriter& file) const;
  void read(const io::FileReader& file);

 private:
  std::shared_ptr<PolicyCheckpoint> policy_;
};

}  // namespace dreamer
