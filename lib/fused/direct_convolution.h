#pragma once

#include "fused/convolution.h"

namespace dreamer::fused {

// conv2d and conv_transpose2d (convolution.h) by the kernels of direct_kernels.h: on the CPU, in
// float32, at the sizes that have them.

[[nodiscard]] bool convolves_directly(const torch::Tensor& x, const torch::Tensor& weight);
[[nodiscard]] torch::Tensor direct_conv2d(const torch::Tensor& x, const torch::Tensor& weight,
                                          const torch::Tensor& bias, Activation activation);

[[nodiscard]] bool transposes_directly(const torch::Tensor& x, const torch::Tensor& weight);
[[nodiscard]] torch::Tensor direct_conv_transpose2d(const torch::Tensor& x,
                                                    const torch::Tensor& weight,
                                                    const torch::Tensor& bias,
                                                    Activation activation);

}  // namespace dreamer::fused
