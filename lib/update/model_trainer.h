#pragma once

#include <memory>

#include "core/json.h"
#include "update/adam.h"
#include "update/trainer.h"

namespace dreamer {

/// An update of the world model, computed and not yet made.
struct ModelStep {
  std::uint64_t update = 0;
  Sequences batch;
  ModelNoise noise;
  ModelLoss loss;
  std::vector<torch::Tensor> gradients;  // in the order of the parameters
  double norm = 0;                       // of all of them together

  /// @throws NonFinite
  void check_finite() const;
};

/// Fits the world model: one optimizer step an update (the "dynamics learning" of algorithm 1).
class ModelTrainer final : public Trainer {
 public:
  ModelTrainer(std::shared_ptr<WorldModel> model, const Config& config, std::int64_t seed,
               torch::Device device);

  Json update(const data::Batch& batch, std::uint64_t update, const StepSink& sink) override;

  // The two halves of an update, for who computes other losses at the same parameters.
  [[nodiscard]] ModelStep compute(const data::Batch& batch, std::uint64_t update,
                                  const PhaseEnds& ended = kUntimed) const;
  /// Makes the step; the metrics.
  Json apply(const ModelStep& step);
  /// As --dump-step shows it: everything an independent program needs to compute the same.
  void write_step(io::FileWriter& file, const ModelStep& step) const;

  [[nodiscard]] std::int64_t steps() const override { return adam_.steps(); }
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
  RandomStream posterior_noise_, dither_;
};

}  // namespace dreamer
