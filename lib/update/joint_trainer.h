#pragma once

#include <memory>

#include "update/behavior_trainer.h"
#include "update/model_trainer.h"

namespace dreamer {

/// Updates of model and behavior that the checkpoints continued have had.
struct JointCounts {
  std::int64_t model = 0, behavior = 0;
};

/// One update of algorithm 1: model, actor and value on the same batch, all three losses computed
/// at the same parameters before any of them is changed. Imagination starts from the posterior
/// states of the model's own loss: the batch is encoded once.
class JointTrainer final : public Trainer {
 public:
  JointTrainer(const std::shared_ptr<WorldModel>& model, std::shared_ptr<ActorCritic> behavior,
               const Config& config, std::int64_t seed, torch::Device device);

  /// Numbers further updates of model and behavior from here on.
  void set_begin(const JointCounts& begin) { begin_ = begin; }
  [[nodiscard]] const JointCounts& begin() const { return begin_; }
  /// From here on `ended` is called with the phases "batch and noise", "model forward", "model
  /// backward", "imagination", "actor backward", "value backward" and "optimizers".
  void time_phases(PhaseEnds ended) { ended_ = std::move(ended); }

  /// Its metrics are those of both, as objects "model" and "behavior".
  /// @param update counts from 0 in this run
  [[nodiscard]] std::unique_ptr<Update> compute(const data::Batch& batch,
                                                std::uint64_t update) override;

  /// A policy, with the model's optimizer beside those of actor and value.
  void write(io::FileWriter& file) override;
  void read(const io::FileReader& file) override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] const char* format() const override { return "dreamer.policy"; }

  [[nodiscard]] ModelTrainer& model() { return model_; }
  [[nodiscard]] BehaviorTrainer& behavior() { return behavior_; }

 private:
  Config config_;
  JointCounts begin_;
  PhaseEnds ended_ = kUntimed;
  ModelTrainer model_;
  BehaviorTrainer behavior_;  // through a frozen view of the model
};

}  // namespace dreamer
