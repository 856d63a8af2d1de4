#include "model/encoder.h"

#include <fmt/format.h>

#include "model/layers.h"
#include "ops/conv_stack.h"

namespace dreamer {

using torch::Tensor;

Encoder::Encoder(const ImageShape& image, std::int64_t depth) {
  std::int64_t in = image.channels;
  for (const FeatureMap& map : feature_maps(image, depth)) {
    torch::nn::Conv2d layer(torch::nn::Conv2dOptions(in, map.channels, 4).stride(2));
    glorot_uniform(layer->weight);
    torch::nn::init::zeros_(layer->bias);
    layers_.push_back(register_module(fmt::format("conv{}", layers_.size() + 1), layer));
    in = map.channels;
    embedding_ = map.size();
  }
}

Tensor Encoder::forward(const Tensor& image) const {
  const auto leading = image.sizes().slice(0, image.dim() - 3).vec();
  const Tensor x =
      ops::conv2d(image.flatten(0, image.dim() - 4), weights_of(layers_), ops::Activation::relu);
  auto shape = leading;
  shape.push_back(-1);
  return x.reshape(shape);
}

}  // namespace dreamer
