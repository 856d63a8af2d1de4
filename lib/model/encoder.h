#pragma once

#include <vector>

#include <torch/torch.h>

namespace dreamer {

/// The convolutional encoder: 4 convolutions of kernel 4 and stride 2 with ReLU,
/// 64×64 → 31 → 14 → 6 → 2 (section 4 and appendix A of the paper).
class Encoder : public torch::nn::Module {
 public:
  Encoder(std::int64_t channels, std::int64_t depth);

  /// image [...,C,64,64] -> embedding [...,E], E = 32·depth, in the order channel, row, column.
  torch::Tensor forward(const torch::Tensor& image) const;

  [[nodiscard]] static std::int64_t embedding(std::int64_t depth) { return 8 * depth * 2 * 2; }

 private:
  std::vector<torch::nn::Conv2d> layers_;
};

}  // namespace dreamer
