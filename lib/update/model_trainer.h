#pragma once

#include <memory>

#include "core/json.h"
#include "update/adam.h"
#include "update/model_noise.h"
#include "update/trainer.h"

namespace dreamer {

class ModelTrainer;

/// An update of the world model.
class ModelUpdate final : public Update {
 public:
  explicit ModelUpdate(ModelTrainer& trainer) : trainer_(trainer) {}

  [[nodiscard]] std::string nonfinite() const override;
  void write(io::FileWriter& file) const override;
  Json apply() override;

  std::uint64_t update = 0;
  Sequences batch;
  ModelNoise noise;
  ModelLoss loss;
  std::vector<torch::Tensor> gradients;  // in the order of the parameters
  double norm = 0;                       // of all of them together

 private:
  ModelTrainer& trainer_;
};

/// Fits the world model: one optimizer step an update (the "dynamics learning" of algorithm 1).
class ModelTrainer final : public Trainer {
 public:
  ModelTrainer(std::shared_ptr<WorldModel> model, const Config& config, std::int64_t seed,
               torch::Device device);

  [[nodiscard]] std::unique_ptr<Update> compute(const data::Batch& batch,
                                                std::uint64_t update) override {
    return compute_model(batch, update);
  }
  /// The same, for an update that computes other losses at the same parameters.
  [[nodiscard]] std::unique_ptr<ModelUpdate> compute_model(const data::Batch& batch,
                                                           std::uint64_t update,
                                                           const PhaseEnds& ended = kUntimed);

  void write(io::FileWriter& file) override;
  void read(const io::FileReader& file) override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] const char* format() const override { return "dreamer.model"; }

  [[nodiscard]] const std::shared_ptr<WorldModel>& model() const { return model_; }
  [[nodiscard]] Adam& adam() { return adam_; }

 private:
  std::shared_ptr<WorldModel> model_;
  Config config_;
  torch::Device device_;
  Adam adam_;
  ModelNoiseStreams noise_;
};

}  // namespace dreamer
