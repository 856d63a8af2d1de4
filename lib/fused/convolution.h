#pragma once

#include <torch/torch.h>

namespace dreamer::fused {

// The convolutions of encoder and decoder, of stride 2 and without padding, each one node of the
// graph with bias and activation, and computed in the form that is fastest going each way. To
// rounding they are LibTorch's functions of these names. Gradients of gradients are not supported.

/// What follows a layer.
enum class Activation { none, relu };

/// x [N,C,Y,X], weight [O,C,k,k], bias [O] -> [N,O,(Y−k)/2+1,(X−k)/2+1], channels last in memory.
[[nodiscard]] torch::Tensor conv2d(const torch::Tensor& x, const torch::Tensor& weight,
                                   const torch::Tensor& bias, Activation activation);

/// x [N,C,Y,X], weight [C,O,k,k], bias [O] -> [N,O,2(Y−1)+k,2(X−1)+k], channels last in memory.
[[nodiscard]] torch::Tensor conv_transpose2d(const torch::Tensor& x, const torch::Tensor& weight,
                                             const torch::Tensor& bias, Activation activation);

}  // namespace dreamer::fused
