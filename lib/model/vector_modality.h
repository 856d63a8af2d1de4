#pragma once

#include <memory>

#include "model/layers.h"
#include "model/modality.h"

namespace dreamer {

/// A vector, or values of any shape as one, by dense layers, predicted as a Normal of unit variance
/// for each of its K values after `preprocess`.
class VectorModality final : public Modality {
 public:
  VectorModality(const Space& space, const ModelConfig& config, torch::nn::Module& model);

  /// float32 [...,shape] -> [...,K], of a scale that the layers can take.
  [[nodiscard]] torch::Tensor preprocess(const torch::Tensor& stored,
                                         const torch::Tensor& dither) const override;
  [[nodiscard]] torch::Tensor restore(const torch::Tensor& x) const override;

  [[nodiscard]] torch::Tensor encode(const torch::Tensor& x) const override {
    return encoder_->forward(x);
  }
  [[nodiscard]] std::int64_t embedding() const override { return config_.vector_units; }

  void add_decoder(torch::nn::Module& model) override;
  [[nodiscard]] torch::Tensor decode(const torch::Tensor& feature) const override {
    return decoder_->forward(feature);
  }
  [[nodiscard]] torch::Tensor nll(const torch::Tensor& prediction,
                                  const torch::Tensor& x) const override;
  [[nodiscard]] double nll_floor() const override;
  [[nodiscard]] double scale() const override { return config_.vector_scale; }

  void set_statistics(const torch::Tensor& mean, const torch::Tensor& stddev) override;
  [[nodiscard]] bool needs_statistics() const override {
    return config_.vector_encoding == "standardized";
  }

 private:
  Space space_;
  ModelConfig config_;
  std::shared_ptr<DenseHead> encoder_, decoder_;
  torch::Tensor mean_, stddev_;  // [K]; undefined unless standardized
};

}  // namespace dreamer
