#include "model/decoder.h"

#include <array>

#include <fmt/format.h>

#include "fused/transposed_convolution.h"
#include "model/layers.h"

namespace dreamer {

using torch::Tensor;

Decoder::Decoder(std::int64_t feature, std::int64_t depth, std::int64_t channels) {
  dense_ = register_module("dense", dense(feature, 32 * depth));
  constexpr std::array<std::int64_t, 4> kernels = {5, 5, 6, 6};
  const std::array<std::int64_t, 5> sizes = {32 * depth, 4 * depth, 2 * depth, depth, channels};
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    torch::nn::ConvTranspose2d layer(
        torch::nn::ConvTranspose2dOptions(sizes[i], sizes[i + 1], kernels[i]).stride(2));
    glorot_uniform(layer->weight);
    torch::nn::init::zeros_(layer->bias);
    layers_.push_back(register_module(fmt::format("deconv{}", i + 1), layer));
  }
}

Tensor Decoder::forward(const Tensor& feature) const {
  auto shape = feature.sizes().slice(0, feature.dim() - 1).vec();
  Tensor x = torch::linear(feature, dense_->weight, dense_->bias).flatten(0, -2);
  x = x.view({x.size(0), x.size(1), 1, 1});
  for (std::size_t i = 0; i < layers_.size(); ++i)
    x = fused::conv_transpose2d(
        x, layers_[i]->weight, layers_[i]->bias, /*stride=*/2,
        i + 1 < layers_.size() ? fused::Activation::relu : fused::Activation::none);
  shape.insert(shape.end(), {x.size(1), x.size(2), x.size(3)});
  return x.reshape(shape);
}

}  // namespace dreamer
