#pragma once

#include <memory>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "ops/gru.h"

namespace dreamer {

// Building blocks with the initialisation of the published agent: Glorot uniform weights, zero
// biases, orthogonal recurrent kernels. Parameters keep PyTorch's names and layouts.

/// A dense layer: [..., in] -> [..., out].
[[nodiscard]] torch::nn::Linear dense(std::int64_t in, std::int64_t out);

/// Fills `weight` from U(±√(6/(fan_in+fan_out))); for convolutions a fan counts the kernel's area.
void glorot_uniform(const torch::Tensor& weight);

/// Weight and bias of each layer in turn, of layers that have both.
template <class Layers>
[[nodiscard]] std::vector<torch::Tensor> weights_of(const Layers& layers) {
  std::vector<torch::Tensor> weights;
  for (const auto& layer : layers) weights.insert(weights.end(), {layer->weight, layer->bias});
  return weights;
}

/// The settings' "gru" or "gru_v1".
[[nodiscard]] ops::GruKind gru_kind(const std::string& name);

/// Gated recurrent unit (ops/gru.h); v1 begins with a gate bias of 1.
class Gru : public torch::nn::Module {
 public:
  Gru(std::int64_t in, std::int64_t size, ops::GruKind kind);

  /// input [B,in], state [B,D] -> next state [B,D].
  [[nodiscard]] torch::Tensor forward(const torch::Tensor& input,
                                      const torch::Tensor& state) const {
    return ops::gru_cell(input, state, weights_);
  }
  [[nodiscard]] const ops::GruWeights& weights() const { return weights_; }

 private:
  ops::GruWeights weights_;
};

/// `layers` hidden dense layers of `units` with ELU, then a linear one: [..., in] -> [..., out].
class DenseHead : public torch::nn::Module {
 public:
  DenseHead(std::int64_t in, std::int64_t units, std::int64_t layers, std::int64_t out);
  torch::Tensor forward(const torch::Tensor& x) const;

  /// Weight [out,in] and bias [out] of each layer in turn.
  [[nodiscard]] std::vector<torch::Tensor> weights() const;

 private:
  std::vector<torch::nn::Linear> hidden_;
  torch::nn::Linear out_{nullptr};
};

}  // namespace dreamer
