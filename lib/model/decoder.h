#pragma once

#include <vector>

#include <torch/torch.h>

namespace dreamer {

/// The image decoder: a dense layer to 32·depth channels of 1×1, then transposed convolutions of
/// kernels 5, 5, 6, 6 and stride 2 with ReLU between: 1 → 5 → 13 → 30 → 64.
class Decoder : public torch::nn::Module {
 public:
  Decoder(std::int64_t feature, std::int64_t depth, std::int64_t channels);

  /// feature [...,F] -> mean image [...,C,64,64].
  torch::Tensor forward(const torch::Tensor& feature) const;

 private:
  /// The dense layer and the first transposed convolution: [N,F] -> [N,4·depth,5,5].
  [[nodiscard]] torch::Tensor first_layers(const torch::Tensor& feature) const;

  torch::nn::Linear dense_{nullptr};
  std::vector<torch::nn::ConvTranspose2d> layers_;
};

}  // namespace dreamer
