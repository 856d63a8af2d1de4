#pragma once

#include <memory>

#include "behavior/actor_critic.h"
#include "update/adam.h"
#include "update/trainer.h"

namespace dreamer {

/// An update of actor and value, computed and not yet made.
struct BehaviorStep {
  std::uint64_t update = 0;
  Latent start;  // [N,…], constants
  ImaginationNoise noise;
  BehaviorLoss loss;
  std::vector<torch::Tensor> actor_gradients, value_gradients;  // in the order of the parameters
  double actor_norm = 0, value_norm = 0;

  /// @throws NonFinite
  void check_finite() const;
};

/// Learns actor and value inside a frozen world model: one optimizer step of each an update (the
/// "behavior learning" of algorithm 1).
class BehaviorTrainer final : public Trainer {
 public:
  /// Freezes `model`: its parameters ask for no gradients any more.
  BehaviorTrainer(std::shared_ptr<WorldModel> model, std::shared_ptr<ActorCritic> behavior,
                  std::int64_t seed, torch::Device device);

  Json update(const data::Batch& batch, std::uint64_t update, const StepSink& sink) override;

  // The parts of an update, for who has the posterior states of the batch already.
  /// Where imagination starts: rows of `states` ([B,L,…], constants) whose `mask` [B,L] is 1, all
  /// of them or `behavior.imagination_starts` -> [N,…].
  [[nodiscard]] Latent choose_starts(const Latent& states, const torch::Tensor& mask,
                                     std::uint64_t update) const;
  [[nodiscard]] BehaviorStep compute(const Latent& start, std::uint64_t update,
                                     const PhaseEnds& ended = kUntimed) const;
  /// Makes the steps; the metrics.
  Json apply(const BehaviorStep& step);
  /// As --dump-step shows it: everything an independent program needs to compute the same.
  void write_step(io::FileWriter& file, const BehaviorStep& step) const;

  [[nodiscard]] std::int64_t steps() const override {
    return actor_adam_.steps() + value_adam_.steps();
  }
  void write(io::FileWriter& file) override;
  void read(const io::FileReader& file) override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] const char* format() const override { return "dreamer.policy"; }

 private:
  /// The starts in a batch, inferred by the model.
  [[nodiscard]] Latent starts(const data::Batch& batch, std::uint64_t update) const;

  std::shared_ptr<WorldModel> model_;
  std::shared_ptr<ActorCritic> behavior_;
  torch::Device device_;
  Adam actor_adam_, value_adam_;
  RandomStream posterior_noise_, dither_, choice_, action_noise_, prior_noise_;
};

}  // namespace dreamer
