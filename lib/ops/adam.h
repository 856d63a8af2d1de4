#pragma once

#include <vector>

#include <torch/torch.h>

namespace dreamer::ops {

/// A step of Adam on g = clip_scale · gradient: m = β₁·m + (1−β₁)·g, v = β₂·v + (1−β₂)·g²,
/// x −= rate · m / (√v + epsilon).
struct AdamStep {
  double clip_scale, beta1, beta2, rate, epsilon;
};

/// What it works on, tensor by tensor; x, m and v are changed in place.
struct AdamTensors {
  std::vector<torch::Tensor> x, gradient, m, v;
};

void adam(const AdamTensors& tensors, const AdamStep& step);

}  // namespace dreamer::ops
