#include "model/decoder.h"

#include <array>
#include <span>

#include <fmt/format.h>

#include "model/layers.h"
#include "ops/conv_stack.h"
#include "ops/mlp.h"

namespace dreamer {

using torch::Tensor;

namespace {

bool has_paper_layers(const ImageShape& image) { return image.height == 64 && image.width == 64; }

}  // namespace

FeatureMap Decoder::first_map(const ImageShape& image, std::int64_t depth) {
  if (has_paper_layers(image)) return {32 * depth, 1, 1};
  return feature_maps(image, depth).back();
}

Decoder::Decoder(std::int64_t feature, std::int64_t depth, const ImageShape& image) {
  const FeatureMap first = first_map(image, depth);
  height_ = first.height;
  width_ = first.width;
  dense_ = register_module("dense", dense(feature, first.size()));
  if (has_paper_layers(image)) {
    constexpr std::array<std::int64_t, 4> kKernels = {5, 5, 6, 6};
    const std::array<std::int64_t, 5> channels = {first.channels, 4 * depth, 2 * depth, depth,
                                                  image.channels};
    for (std::size_t i = 0; i < kKernels.size(); ++i)
      add_layer(channels[i], channels[i + 1], kKernels[i], kKernels[i]);
    return;
  }
  std::vector<FeatureMap> maps = feature_maps(image, depth);
  maps.insert(maps.begin(), {image.channels, image.height, image.width});
  for (std::size_t i = maps.size() - 1; i > 0; --i) {
    // The kernel that undoes a convolution of kernel 4: 2·(n−1) + 4 or 5 is the side before it.
    const FeatureMap &in = maps[i], &out = maps[i - 1];
    add_layer(in.channels, out.channels, out.height - 2 * (in.height - 1),
              out.width - 2 * (in.width - 1));
  }
}

void Decoder::add_layer(std::int64_t in, std::int64_t out, std::int64_t kernel_y,
                        std::int64_t kernel_x) {
  torch::nn::ConvTranspose2d layer(
      torch::nn::ConvTranspose2dOptions(in, out, {kernel_y, kernel_x}).stride(2));
  glorot_uniform(layer->weight);
  torch::nn::init::zeros_(layer->bias);
  layers_.push_back(register_module(fmt::format("deconv{}", layers_.size() + 1), layer));
}

Tensor Decoder::first_layers(const Tensor& feature) const {
  if (!from_one_pixel())
    return torch::linear(feature, dense_->weight, dense_->bias)
        .view({feature.size(0), -1, height_, width_});
  // On a 1×1 image a transposed convolution is a dense layer, [k,k,O, E], its pixels in the order
  // in which the convolutions are fastest.
  const auto& first = layers_.front();
  const std::int64_t out = first->weight.size(1), height = first->weight.size(2),
                     width = first->weight.size(3);
  const Tensor to_pixels = first->weight.permute({2, 3, 1, 0}).flatten(0, 2);
  Tensor weight = to_pixels, bias = first->bias.repeat({height * width});
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
  return y.relu().view({rows, height, width, out}).permute({0, 3, 1, 2});
}

Tensor Decoder::forward(const Tensor& feature) const {
  auto shape = feature.sizes().slice(0, feature.dim() - 1).vec();
  const std::size_t done = from_one_pixel() ? 1 : 0;  // convolutions of first_layers
  const Tensor x =
      ops::conv_transpose2d(first_layers(feature.flatten(0, -2)),
                            weights_of(std::span(layers_).subspan(done)), ops::Activation::none);
  shape.insert(shape.end(), {x.size(1), x.size(2), x.size(3)});
  return x.reshape(shape);
}

}  // namespace dreamer
