#pragma once

#include "ops/conv_stack.h"

namespace dreamer::ops {

// conv2d and conv_transpose2d (conv_stack.h) by the kernels of direct_conv.h: on the CPU, in
// float32, for layers of which all have kernels. The whole stack is one autograd node.

[[nodiscard]] bool direct_conv2d_applies(const torch::Tensor& x, at::TensorList layers);
[[nodiscard]] torch::Tensor direct_conv2d(const torch::Tensor& x, at::TensorList layers,
                                          Activation last);

[[nodiscard]] bool direct_conv_transpose2d_applies(const torch::Tensor& x, at::TensorList layers);
[[nodiscard]] torch::Tensor direct_conv_transpose2d(const torch::Tensor& x, at::TensorList layers,
                                                    Activation last);

}  // namespace dreamer::ops
