#include "model/layers.h"

#include <cmath>

#include <fmt/format.h>

#include "fused/dense_stack.h"

namespace dreamer {

using torch::Tensor;

void glorot_uniform(const Tensor& weight) {
  // Layouts: dense [out,in], convolution [out,in,k,k], transposed convolution [in,out,k,k]; the sum
  // of both fans is the same whichever comes first.
  const torch::NoGradGuard no_grad;
  const double area = static_cast<double>(weight[0][0].numel());
  const double fans = static_cast<double>(weight.size(0) + weight.size(1)) * area;
  const double limit = std::sqrt(6.0 / fans);
  weight.uniform_(-limit, limit);
}

torch::nn::Linear dense(std::int64_t in, std::int64_t out) {
  torch::nn::Linear layer(in, out);
  glorot_uniform(layer->weight);
  torch::nn::init::zeros_(layer->bias);
  return layer;
}

GruKind gru_kind(const std::string& name) {
  return name == "gru_v1" ? GruKind::v1 : GruKind::torch;
}

Gru::Gru(std::int64_t in, std::int64_t size, GruKind kind) : kind_(kind) {
  weight_ih_ = register_parameter("weight_ih", torch::empty({3 * size, in}));
  weight_hh_ = register_parameter("weight_hh", torch::empty({3 * size, size}));
  bias_ih_ = register_parameter("bias_ih", torch::zeros({3 * size}));
  const torch::NoGradGuard no_grad;
  glorot_uniform(weight_ih_);
  // Orthogonal as a whole, not gate by gate: that would be √3 too large.
  torch::nn::init::orthogonal_(weight_hh_);
  if (kind == GruKind::torch)
    bias_hh_ = register_parameter("bias_hh", torch::zeros({3 * size}));
  else
    bias_ih_.slice(0, 0, 2 * size).fill_(1);  // gates begin open
}

Tensor Gru::forward(const Tensor& input, const Tensor& state) const {
  if (kind_ == GruKind::torch)
    return torch::gru_cell(input, state, weight_ih_, weight_hh_, bias_ih_, bias_hh_);
  const std::int64_t size = state.size(-1);
  const auto from_input = torch::linear(input, weight_ih_, bias_ih_).split(size, -1);
  const auto gates = torch::linear(state, weight_hh_.slice(0, 0, 2 * size)).split(size, -1);
  const Tensor reset = torch::sigmoid(from_input[0] + gates[0]);
  const Tensor update = torch::sigmoid(from_input[1] + gates[1]);
  const Tensor fresh = torch::tanh(
      from_input[2] + torch::linear(reset * state, weight_hh_.slice(0, 2 * size, 3 * size)));
  return torch::lerp(fresh, state, update);
}

DenseHead::DenseHead(std::int64_t in, std::int64_t units, std::int64_t layers, std::int64_t out) {
  for (std::int64_t i = 0; i < layers; ++i) {
    hidden_.push_back(dense(i == 0 ? in : units, units));
    register_module(fmt::format("hidden{}", i + 1), hidden_.back());
  }
  out_ = register_module("out", dense(units, out));
}

Tensor DenseHead::forward(const Tensor& x) const {
  return fused::stack_pays(x, out_->weight) ? fused::dense_stack(x, weights()) : forward_plain(x);
}

Tensor DenseHead::forward_plain(Tensor x) const {
  // torch's module holders have no const call operator; the functional form says the same.
  for (const auto& layer : hidden_) x = torch::elu(torch::linear(x, layer->weight, layer->bias));
  return torch::linear(x, out_->weight, out_->bias);
}

std::vector<Tensor> DenseHead::weights() const {
  std::vector<Tensor> weights = weights_of(hidden_);
  weights.insert(weights.end(), {out_->weight, out_->bias});
  return weights;
}

}  // namespace dreamer
