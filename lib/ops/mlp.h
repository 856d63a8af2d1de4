#pragma once

#include <vector>

#include <torch/torch.h>

namespace dreamer::ops {

/// Dense layers with ELU between them: x [...,in] -> [...,out]. One autograd node where the kernels
/// serve and pay; it takes a few rows at a time through all layers, while they are in the cache.
/// @param layers weight [out,in], bias [out], weight, bias, … in order
[[nodiscard]] torch::Tensor mlp(const torch::Tensor& x, const std::vector<torch::Tensor>& layers);

/// Its backward pass, for autograd nodes that it is a part of.
struct MlpGradients {
  torch::Tensor input;                // [N,in]
  std::vector<torch::Tensor> layers;  // weight, bias, weight, bias, …
};
struct MlpWants {
  bool input, layers;
};
/// @param inputs [N,K], of each layer; @param weights [out,K], of each layer; d_out [N,out]
[[nodiscard]] MlpGradients mlp_backward(const std::vector<torch::Tensor>& inputs,
                                        const std::vector<torch::Tensor>& weights,
                                        const torch::Tensor& d_out, const MlpWants& want);

}  // namespace dreamer::ops
