#pragma once

#include <functional>
#include <memory>
#include <string>

#include "behavior/behavior_loss.h"
#include "data/replay.h"
#include "model/world_model.h"
#include "train/adam.h"
#include "train/tensors.h"

namespace dreamer::bench {

/// Told the name of each phase of an update when it has ended.
using PhaseEnds = std::function<void(const char* phase)>;

/// Model and behavior learning on the same batch, as in algorithm 1 of the paper: one optimizer
/// step of each of the three. Imagination starts from the states that the model's loss came by.
class JointUpdate {
 public:
  JointUpdate(const Config& config, std::int64_t channels, std::int64_t action, std::int64_t seed,
              torch::Device device);

  void run(std::uint64_t update, const PhaseEnds& ended);

  /// The parts that `run` does in one phase, each by itself: calls `ended` after each.
  void run_parts(const PhaseEnds& ended);

  /// How many imagined trajectories an update has.
  [[nodiscard]] std::int64_t starts() const;

 private:
  [[nodiscard]] Latent choose_starts(const Latent& states) const;
  void freeze_model(bool frozen);

  Config config_;
  torch::Device device_;
  data::Batch batch_;
  std::shared_ptr<WorldModel> model_;
  std::shared_ptr<Behavior> behavior_;
  Adam model_adam_, actor_adam_, value_adam_;
  RandomStream noise_;
};

}  // namespace dreamer::bench
