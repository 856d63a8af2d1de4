#pragma once

#include <vector>

#include <torch/torch.h>

#include "config/feature_maps.h"

namespace dreamer {

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
