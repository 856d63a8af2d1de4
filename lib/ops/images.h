#pragma once

#include <torch/torch.h>

namespace dreamer::ops {

// Images in one pass over their values, instead of one for every operation.

/// (x / 255 − mean) · gain. x [...,Y,X,C] bytes, mean [Y,X,C] or a scalar -> [...,Y,X,C].
[[nodiscard]] torch::Tensor scaled_images(const torch::Tensor& x, const torch::Tensor& mean,
                                          double gain);

/// ½·Σ (a − b)² over the last three axes, [...,C,Y,X] -> [...], with a gradient for `a` only.
[[nodiscard]] torch::Tensor half_squared_distance(const torch::Tensor& a, const torch::Tensor& b);

}  // namespace dreamer::ops
