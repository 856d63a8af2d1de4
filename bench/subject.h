#pragma once

#include <memory>

#include "update/joint_trainer.h"

namespace dreamer::bench {

/// What is timed: the trainer of algorithm 1, on one batch of values that mean nothing.
class Subject {
 public:
  Subject(const Config& config, const Signature& signature, std::int64_t seed,
          torch::Device device);

  [[nodiscard]] JointTrainer& trainer() { return trainer_; }
  [[nodiscard]] const data::Batch& batch() const { return batch_; }

  /// The parts that an update does in one phase, each by itself: calls `ended` after each.
  void run_parts(const PhaseEnds& ended);

  /// How many imagined trajectories an update has.
  [[nodiscard]] std::int64_t starts() const;

 private:
  Config config_;
  torch::Device device_;
  data::Batch batch_;
  std::shared_ptr<WorldModel> model_;
  JointTrainer trainer_;
};

}  // namespace dreamer::bench
