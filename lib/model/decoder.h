#pragma once

#include <vector>

#include <torch/torch.h>

#include "core/signature.h"
#include "model/encoder.h"

namespace dreamer {

/// The image decoder: a dense layer to a small feature map, then transposed convolutions of stride
/// 2 with ReLU between. For 64×64 images the paper's: 32·depth channels of 1×1, kernels 5, 5, 6, 6:
/// 1 → 5 → 13 → 30 → 64. For others the encoder's feature maps in reverse, with kernels 4 and 5.
class Decoder : public torch::nn::Module {
 public:
  Decoder(std::int64_t feature, std::int64_t depth, const ImageShape& image);

  /// What the dense layer makes of a feature.
  [[nodiscard]] static FeatureMap first_map(const ImageShape& image, std::int64_t depth);

  /// feature [...,F] -> mean image [...,C,Y,X].
  [[nodiscard]] torch::Tensor forward(const torch::Tensor& feature) const;

 private:
  /// Whether the first transposed convolution is computed as a dense layer, followed by others.
  [[nodiscard]] bool from_one_pixel() const {
    return height_ == 1 && width_ == 1 && layers_.size() > 1;
  }
  void add_layer(std::int64_t in, std::int64_t out, std::int64_t kernel_y, std::int64_t kernel_x);
  /// The dense layer, from 1×1 with the first transposed convolution: [N,F] -> [N,C,Y,X].
  [[nodiscard]] torch::Tensor first_layers(const torch::Tensor& feature) const;

  torch::nn::Linear dense_{nullptr};
  std::vector<torch::nn::ConvTranspose2d> layers_;
  std::int64_t height_ = 1, width_ = 1;  // of the map that the dense layer makes
};

}  // namespace dreamer
