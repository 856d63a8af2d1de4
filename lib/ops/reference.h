#pragma once

#include "ops/adam.h"
#include "ops/conv_stack.h"
#include "ops/images.h"
#include "ops/imagined_rollout.h"
#include "ops/rssm_sequence.h"

/// The definitions of the operations of this folder in plain LibTorch: what the fast forms must
/// agree with, what runs where those do not serve (a GPU, another precision, an unforeseen size),
/// and what to read first. DREAMER_KERNELS=reference runs everything by them. Arguments and results
/// are those of the operations of the same name.
namespace dreamer::ops::reference {

[[nodiscard]] torch::Tensor conv2d(torch::Tensor x, at::TensorList layers, Activation last);
[[nodiscard]] torch::Tensor conv_transpose2d(torch::Tensor x, at::TensorList layers,
                                             Activation last);
[[nodiscard]] torch::Tensor mlp(torch::Tensor x, const std::vector<torch::Tensor>& layers);
[[nodiscard]] torch::Tensor scaled_images(const torch::Tensor& x, const torch::Tensor& mean,
                                          double gain);
[[nodiscard]] torch::Tensor half_squared_distance(const torch::Tensor& a, const torch::Tensor& b);
[[nodiscard]] RssmSequence rssm_sequence(const RssmWeights& weights, double min_std,
                                         const torch::Tensor& from_action,
                                         const torch::Tensor& from_embedding,
                                         const torch::Tensor& noise);
[[nodiscard]] ImaginedRollout imagined_rollout(const ActorWeights& actor,
                                               const DynamicsWeights& dynamics,
                                               const RolloutConstants& constants);
void adam(const AdamTensors& tensors, const AdamStep& step);

}  // namespace dreamer::ops::reference
