#pragma once

#include <memory>
#include <vector>

#include "model/head.h"
#include "model/rssm.h"

namespace dreamer {

/// Predictors of one step that tell, by how far they disagree, where the model does not know: they
/// agree on transitions like those of the data. Each predicts the mean of the next posterior from a
/// state and the action taken in it. Nothing else learns from them (Sekar et al. 2020,
/// Plan2Explore; used against imagined rewards as in Lu et al. 2022, V-D4RL).
class Ensemble : public torch::nn::Module {
 public:
  Ensemble(const ModelConfig& config, std::int64_t action);

  /// −ln p of the posterior means under unit normals, mean over the members; rows that follow a
  /// real row count.
  [[nodiscard]] LossTerm loss(const Observed& states, const Sequences& batch) const;

  /// The standard deviation of the members' predictions, root mean square over the S values:
  /// feature [...,F] and the action [...,A] taken there -> [...].
  [[nodiscard]] torch::Tensor disagreement(const torch::Tensor& feature,
                                           const torch::Tensor& action) const;

 private:
  /// [K,...,S]
  [[nodiscard]] torch::Tensor predict(const torch::Tensor& feature,
                                      const torch::Tensor& action) const;

  std::vector<std::shared_ptr<DenseHead>> members_;
};

}  // namespace dreamer
