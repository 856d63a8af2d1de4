#include "model/layers.h"

#include <cmath>

#include <fmt/format.h>

#include "ops/mlp.h"

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

ops::GruKind gru_kind(const std::string& name) {
  return name == "gru_v1" ? ops::GruKind::v1 : ops::GruKind::torch;
}

Gru::Gru(std::int64_t in, std::int64_t size, ops::GruKind kind) {
  weights_.kind = kind;
  weights_.ih = register_parameter("weight_ih", torch::empty({3 * size, in}));
  weights_.hh = register_parameter("weight_hh", torch::empty({3 * size, size}));
  weights_.ih_bias = register_parameter("bias_ih", torch::zeros({3 * size}));
  const torch::NoGradGuard no_grad;
  glorot_uniform(weights_.ih);
  // Orthogonal as a whole, not gate by gate: that would be √3 too large.
  torch::nn::init::orthogonal_(weights_.hh);
  if (kind == ops::GruKind::torch)
    weights_.hh_bias = register_parameter("bias_hh", torch::zeros({3 * size}));
  else
    weights_.ih_bias.slice(0, 0, 2 * size).fill_(1);  // gates begin open
}

DenseHead::DenseHead(std::int64_t in, std::int64_t units, std::int64_t layers, std::int64_t out) {
  for (std::int64_t i = 0; i < layers; ++i) {
    hidden_.push_back(dense(i == 0 ? in : units, units));
    register_module(fmt::format("hidden{}", i + 1), hidden_.back());
  }
  out_ = register_module("out", dense(units, out));
}

Tensor DenseHead::forward(const Tensor& x) const { return ops::mlp(x, weights()); }

std::vector<Tensor> DenseHead::weights() const {
  std::vector<Tensor> weights = weights_of(hidden_);
  weights.insert(weights.end(), {out_->weight, out_->bias});
  return weights;
}

}  // namespace dreamer
