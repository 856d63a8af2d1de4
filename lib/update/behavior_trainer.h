#pragma once

#include <memory>

#include "behavior/actor_critic.h"
#include "update/adam.h"
#include "update/model_noise.h"
#include "update/trainer.h"

namespace dreamer {

class BehaviorTrainer;

/// An update of actor and value.
class BehaviorUpdate final : public Update {
 public:
  explicit BehaviorUpdate(BehaviorTrainer& trainer) : trainer_(trainer) {}

  [[nodiscard]] std::string nonfinite() const override;
  void write(io::FileWriter& file) const override;
  Json apply() override;

  std::uint64_t update = 0;
  Latent start;  // [N,…], constants
  ImaginationNoise noise;
  BehaviorLoss loss;
  std::vector<torch::Tensor> actor_gradients, value_gradients;  // in the order of the parameters
  double actor_norm = 0, value_norm = 0;

 private:
  BehaviorTrainer& trainer_;
};

/// Learns actor and value inside a frozen world model: one optimizer step of each an update (the
/// "behavior learning" of algorithm 1).
class BehaviorTrainer final : public Trainer {
 public:
  /// Freezes `model`: its parameters ask for no gradients any more.
  BehaviorTrainer(std::shared_ptr<WorldModel> model, std::shared_ptr<ActorCritic> behavior,
                  std::int64_t seed, torch::Device device);

  [[nodiscard]] std::unique_ptr<Update> compute(const data::Batch& batch,
                                                std::uint64_t update) override {
    return compute_from(starts(batch, update), update);
  }

  // The parts of it, for an update that has the posterior states of the batch already.
  /// Where imagination starts: rows of `states` ([B,L,…], constants) whose `mask` [B,L] is 1, all
  /// of them or `behavior.imagination_starts` -> [N,…].
  [[nodiscard]] Latent choose_starts(const Latent& states, const torch::Tensor& mask,
                                     std::uint64_t update) const;
  [[nodiscard]] std::unique_ptr<BehaviorUpdate> compute_from(const Latent& start,
                                                             std::uint64_t update,
                                                             const PhaseEnds& ended = kUntimed);

  void write(io::FileWriter& file) override;
  void read(const io::FileReader& file) override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] const char* format() const override { return "dreamer.policy"; }

 private:
  friend class BehaviorUpdate;

  /// The starts in a batch, inferred by the model.
  [[nodiscard]] Latent starts(const data::Batch& batch, std::uint64_t update) const;

  std::shared_ptr<WorldModel> model_;
  std::shared_ptr<ActorCritic> behavior_;
  torch::Device device_;
  Adam actor_adam_, value_adam_;
  ModelNoiseStreams model_noise_;
  RandomStream choice_, action_noise_, prior_noise_;
};

}  // namespace dreamer
