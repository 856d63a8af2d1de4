#pragma once

#include <vector>

#include <torch/torch.h>

#include "core/signature.h"

namespace dreamer {

/// The image that a convolution makes.
struct FeatureMap {
  std::int64_t channels, height, width;
  [[nodiscard]] std::int64_t size() const { return channels * height * width; }
};

/// What each convolution of the encoder makes of an image: kernel 4, stride 2, until both sides are
/// at most 4, or as long as both sides are at least 4; the channels double. Of 64×64 images the
/// paper's four: 31, 14, 6, 2.
/// @throws Error if a side of the image is below 4
[[nodiscard]] std::vector<FeatureMap> feature_maps(const ImageShape& image, std::int64_t depth);

/// The convolutional encoder, with ReLU (section 4 and appendix A of the paper).
class Encoder : public torch::nn::Module {
 public:
  Encoder(const ImageShape& image, std::int64_t depth);

  /// image [...,C,Y,X] -> embedding [...,E], in the order channel, row, column.
  [[nodiscard]] torch::Tensor forward(const torch::Tensor& image) const;

  [[nodiscard]] std::int64_t embedding() const { return embedding_; }  // E

 private:
  std::vector<torch::nn::Conv2d> layers_;
  std::int64_t embedding_;
};

}  // namespace dreamer
