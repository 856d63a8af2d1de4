#pragma once

#include "fused/convolution.h"

namespace dreamer::fused {

// conv2d and conv_transpose2d (convolution.h) by the kernels of direct_kernels.h: on the CPU, in
// float32, at the sizes that have them. `layers` are one behind the other, weight and bias of each
// in turn, with ReLU between them: all are one node.

[[nodiscard]] bool convolves_directly(const torch::Tensor& x, at::TensorList layers);
[[nodiscard]] torch::Tensor direct_conv2d(const torch::Tensor& x, at::TensorList layers,
                                          Activation last);

[[nodiscard]] bool transposes_directly(const torch::Tensor& x, at::TensorList layers);
[[nodiscard]] torch::Tensor direct_conv_transpose2d(const torch::Tensor& x, at::TensorList layers,
                                                    Activation last);

}  // namespace dreamer::fused
