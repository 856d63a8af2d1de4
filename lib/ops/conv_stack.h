#pragma once

#include <torch/torch.h>

namespace dreamer::ops {

// The convolutions of encoder and decoder, of stride 2 and without padding, with their biases and
// activations, each pass computed in its fastest form. Up to rounding they are LibTorch's
// functions of these names. Gradients of gradients are not supported.

/// What follows the last layer; ReLU follows those before it.
enum class Activation { none, relu };

/// x [N,C,Y,X], weight and bias of each layer in turn, [O,C,k,k] and [O]; of each
/// -> [N,O,(Y−k)/2+1,(X−k)/2+1]. Channels last in memory.
[[nodiscard]] torch::Tensor conv2d(const torch::Tensor& x, at::TensorList layers, Activation last);

/// x [N,C,Y,X], weight and bias of each layer in turn, [C,O,k,k] and [O]; of each
/// -> [N,O,2(Y−1)+k,2(X−1)+k]. Channels last in memory.
[[nodiscard]] torch::Tensor conv_transpose2d(const torch::Tensor& x, at::TensorList layers,
                                             Activation last);

}  // namespace dreamer::ops
