#include "model/decoder.h"

#include <array>
#include <span>

#include <fmt/format.h>

#include "model/layers.h"
#include "ops/conv_stack.h"
#include "ops/mlp.h"

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

Tensor Decoder::first_layers(const Tensor& feature) const {
  // On a 1×1 image a transposed convolution is a dense layer, [k,k,O, E], its pixels in the order
  // in which the convolutions are fastest.
  const auto& first = layers_.front();
  const std::int64_t kernel = first->weight.size(2), out = first->weight.size(1);
  const Tensor to_pixels = first->weight.permute({2, 3, 1, 0}).flatten(0, 2);
  Tensor weight = to_pixels, bias = first->bias.repeat({kernel * kernel});
  Tensor x = feature;
  // There is no activation between it and the dense layer: for many rows the two are one product,
  // by a matrix that is computed first.
  const std::int64_t rows = x.size(0), f = x.size(1), pixels = weight.size(0), e = weight.size(1);
  if (f * e * pixels + rows * f * pixels < rows * (f * e + e * pixels)) {
    weight = torch::matmul(to_pixels, dense_->weight);
    bias = bias + torch::matmul(to_pixels, dense_->bias);
  } else {
    x = torch::linear(x, dense_->weight, dense_->bias);
  }
  const Tensor y = ops::mlp(x, {weight, bias});
  return y.relu().view({rows, kernel, kernel, out}).permute({0, 3, 1, 2});
}

Tensor Decoder::forward(const Tensor& feature) const {
  auto shape = feature.sizes().slice(0, feature.dim() - 1).vec();
  const Tensor x =
      ops::conv_transpose2d(first_layers(feature.flatten(0, -2)),
                            weights_of(std::span(layers_).subspan(1)), ops::Activation::none);
  shape.insert(shape.end(), {x.size(1), x.size(2), x.size(3)});
  return x.reshape(shape);
}

}  // namespace dreamer
