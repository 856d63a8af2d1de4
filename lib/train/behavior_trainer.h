#pragma once

#include <memory>

#include "behavior/behavior_loss.h"
#include "train/trainer.h"

namespace dreamer {

/// Learns actor and value inside a frozen world model: one optimizer step of each an update (the
/// "behavior learning" of algorithm 1).
class BehaviorTrainer final : public Trainer {
 public:
  BehaviorTrainer(std::shared_ptr<WorldModel> model, std::shared_ptr<Behavior> behavior,
                  const Domain& domain, std::int64_t seed, torch::Device device);

  Json update(const data::Batch& batch, std::uint64_t update, const StepSink& sink) override;
  void write(io::FileWriter& file) override;
  void read(const io::FileReader& file) override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] const char* format() const override { return "dreamer.policy"; }

 private:
  /// The posterior states of a batch that imagination starts from: [N,…], constants.
  [[nodiscard]] Latent starts(const data::Batch& batch, std::uint64_t update) const;

  std::shared_ptr<WorldModel> model_;
  std::shared_ptr<Behavior> behavior_;
  Domain domain_;
  torch::Device device_;
  Adam actor_adam_, value_adam_;
  RandomStream posterior_noise_, dither_, choice_, action_noise_, prior_noise_;
};

}  // namespace dreamer
