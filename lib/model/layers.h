#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <torch/torch.h>

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

/// One deterministic step: how input and state become the next state.
enum class GruKind {
  torch,  // reset gate after the matrix product, two biases: PyTorch's and Keras's equations
  v1      // reset gate before it, gate bias 1: TensorFlow 1's GRUCell
};
[[nodiscard]] GruKind gru_kind(const std::string& name);

/// Gated recurrent unit; gates in the order reset, update, new.
class Gru : public torch::nn::Module {
 public:
  Gru(std::int64_t in, std::int64_t size, GruKind kind);

  /// input [B,in], state [B,D] -> next state [B,D].
  torch::Tensor forward(const torch::Tensor& input, const torch::Tensor& state) const;

  [[nodiscard]] GruKind kind() const { return kind_; }
  /// weight_ih [3D,in], weight_hh [3D,D] and, with GruKind::torch, their biases [3D].
  [[nodiscard]] std::array<torch::Tensor, 4> weights() const {
    return {weight_ih_, weight_hh_, bias_ih_, bias_hh_};
  }

 private:
  GruKind kind_;
  torch::Tensor weight_ih_, weight_hh_, bias_ih_, bias_hh_;  // [3D,in] [3D,D] [3D] [3D]
};

/// `layers` hidden dense layers of `units` with ELU, then a linear one: [..., in] -> [..., out].
class DenseHead : public torch::nn::Module {
 public:
  DenseHead(std::int64_t in, std::int64_t units, std::int64_t layers, std::int64_t out);
  torch::Tensor forward(const torch::Tensor& x) const;
  /// The same layer by layer.
  torch::Tensor forward_plain(torch::Tensor x) const;

  /// Weight [out,in] and bias [out] of each layer in turn.
  [[nodiscard]] std::vector<torch::Tensor> weights() const;

 private:
  std::vector<torch::nn::Linear> hidden_;
  torch::nn::Linear out_{nullptr};
};

}  // namespace dreamer
