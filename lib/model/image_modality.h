#pragma once

#include <memory>

#include "model/decoder.h"
#include "model/encoder.h"
#include "model/modality.h"

namespace dreamer {

/// An image by the paper's convolutions, predicted as a Normal of unit variance for each pixel.
class ImageModality final : public Modality {
 public:
  /// @throws Error if the image is too small for the convolutions
  ImageModality(const Space& space, const ModelConfig& config, torch::nn::Module& model);

  /// uint8 [...,Y,X,C] -> [...,C,Y,X].
  [[nodiscard]] torch::Tensor preprocess(const torch::Tensor& stored,
                                         const torch::Tensor& dither) const override;
  [[nodiscard]] torch::Tensor restore(const torch::Tensor& x) const override;
  [[nodiscard]] bool dithered() const override { return config_.image_encoding == "dithered"; }

  [[nodiscard]] torch::Tensor encode(const torch::Tensor& x) const override {
    return encoder_->forward(x);
  }
  [[nodiscard]] std::int64_t embedding() const override { return encoder_->embedding(); }

  void add_decoder(torch::nn::Module& model) override;
  [[nodiscard]] torch::Tensor decode(const torch::Tensor& feature) const override {
    return decoder_->forward(feature);
  }
  [[nodiscard]] torch::Tensor nll(const torch::Tensor& prediction,
                                  const torch::Tensor& x) const override;
  [[nodiscard]] double nll_floor() const override;
  [[nodiscard]] double scale() const override { return config_.image_scale; }

  void set_statistics(const torch::Tensor& mean, const torch::Tensor& stddev) override;
  [[nodiscard]] bool needs_statistics() const override { return config_.image_center; }

 private:
  Space space_;
  ModelConfig config_;
  ImageShape shape_;
  std::shared_ptr<Encoder> encoder_;
  std::shared_ptr<Decoder> decoder_;
  torch::Tensor mean_;  // [Y,X,C] in [0,1]; undefined unless image_center
};

}  // namespace dreamer
