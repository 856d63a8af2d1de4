#pragma once

#include <memory>

#include "core/json.h"
#include "train/adam.h"
#include "train/trainer.h"

namespace dreamer {

/// Fits the world model: one optimizer step an update (the "dynamics learning" of algorithm 1).
class ModelTrainer final : public Trainer {
 public:
  ModelTrainer(std::shared_ptr<WorldModel> model, const Domain& domain, const Config& config,
               std::int64_t seed, torch::Device device);

  Json update(const data::Batch& batch, std::uint64_t update, const StepSink& sink) override;
  void write(io::FileWriter& file) override;
  void read(const io::FileReader& file) override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] const char* format() const override { return "dreamer.model"; }

  [[nodiscard]] const std::shared_ptr<WorldModel>& model() const { return model_; }

 private:
  std::shared_ptr<WorldModel> model_;
  Domain domain_;
  Config config_;
  torch::Device device_;
  Adam adam_;
  RandomStream posterior_noise_, dither_;
};

}  // namespace dreamer
