#pragma once

#include <vector>

#include <torch/torch.h>

namespace dreamer::fused {

/// Dense layers with ELU between them, as one node of the gradient's graph that takes a few rows at
/// a time through all layers, while they are in the cache: x [...,in] -> [...,out].
/// @param layers weight [out,in], bias [out], weight, bias, … in order
[[nodiscard]] torch::Tensor dense_stack(const torch::Tensor& x,
                                        const std::vector<torch::Tensor>& layers);

/// Whether it is the faster form for these rows and weights: it has kernels for them, and there are
/// so many rows that laying out the weights is little beside the products.
[[nodiscard]] bool stack_pays(const torch::Tensor& x, const torch::Tensor& weight);

/// Its backward pass, for nodes that it is a part of.
struct StackGradients {
  torch::Tensor input;                // [N,in]
  std::vector<torch::Tensor> layers;  // weight, bias, weight, bias, …
};
struct StackWants {
  bool input, layers;
};
/// @param inputs [N,K], of each layer; @param weights [out,K], of each layer; d_out [N,out]
[[nodiscard]] StackGradients dense_stack_backward(const std::vector<torch::Tensor>& inputs,
                                                  const std::vector<torch::Tensor>& weights,
                                                  const torch::Tensor& d_out,
                                                  const StackWants& want);

}  // namespace dreamer::fused
