#pragma once

#include <memory>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "config/config.h"
#include "core/signature.h"
#include "model/ensemble.h"
#include "model/head.h"
#include "model/modality.h"
#include "model/rssm.h"

namespace dreamer {

/// The noise of one model update.
struct ModelNoise {
  torch::Tensor posterior;   // [B,L,S], standard normal
  Observations dither = {};  // of the observations that are dithered, of their shape, in [0,1)
};

/// The world model's loss (equation 10 of the paper), scalars; means run over real rows only.
struct ModelLoss {
  torch::Tensor total;          // what is minimised, weights applied
  std::vector<LossTerm> terms;  // −ln p of the observations, then of what the heads predict
  torch::Tensor kl;             // KL(posterior ‖ prior)
  torch::Tensor kl_floored;     // the same after the free nats
  Observed states;              // the posterior states, from which imagination starts
  torch::Tensor kl_each;        // [B,L]
};

/// What the world model predicts at a state.
struct Prediction {
  torch::Tensor reward;    // [...]; undefined without a reward head
  torch::Tensor discount;  // [...]; undefined without a discount head
};

/// The world model: a modality for each observation, the RSSM, and heads for reward and discount,
/// as the configuration has them (sections 3 and 4 of the paper).
class WorldModel : public torch::nn::Module {
 public:
  /// @throws Error if an observation is none that the model takes
  WorldModel(const ModelConfig& config, const Signature& signature);

  /// The loss on a batch, with its gradients' history.
  [[nodiscard]] ModelLoss loss(const Sequences& batch, const ModelNoise& noise) const;

  /// Posterior states of sequences, as `loss` computes them, but nothing decoded.
  [[nodiscard]] Observed observe(const Sequences& batch, const ModelNoise& noise) const;
  /// Reward and discount at states; feature [...,F].
  [[nodiscard]] Prediction predict(const torch::Tensor& feature) const;
  /// How far the one-step predictors disagree about what follows: feature [...,F] and the action
  /// [...,A] taken there -> [...]. Needs an ensemble.
  [[nodiscard]] torch::Tensor disagreement(const torch::Tensor& feature,
                                           const torch::Tensor& action) const {
    return ensemble_->disagreement(feature, action);
  }

  /// Stored observations -> what is encoded and predicted.
  [[nodiscard]] Observations preprocess(const Observations& stored,
                                        const Observations& dither = {}) const;
  /// What `preprocess` returns -> embedding [...,E], of all observations side by side.
  [[nodiscard]] torch::Tensor encode(const Observations& preprocessed) const;
  /// The dither to use where nothing is learned: its mean.
  [[nodiscard]] Observations mean_dither() const;

  /// By the names of the signature's observations.
  [[nodiscard]] const std::map<std::string, std::shared_ptr<Modality>>& modalities() const {
    return modalities_;
  }
  [[nodiscard]] const Rssm& rssm() const { return *rssm_; }
  [[nodiscard]] const ModelConfig& config() const { return config_; }
  /// What it sees and how it acts, of the data that it is learned from.
  [[nodiscard]] const Signature& signature() const { return signature_; }

 private:
  ModelConfig config_;
  Signature signature_;
  std::map<std::string, std::shared_ptr<Modality>> modalities_;
  std::shared_ptr<Rssm> rssm_;
  std::shared_ptr<RewardHead> reward_;      // null without one
  std::shared_ptr<DiscountHead> discount_;  // likewise
  std::shared_ptr<Ensemble> ensemble_;      // likewise
  std::vector<std::shared_ptr<Head>> heads_;
};

}  // namespace dreamer
