#include "ops/gru.h"

namespace dreamer::ops {

using torch::Tensor;

Tensor gru_cell(const Tensor& input, const Tensor& state, const GruWeights& w) {
  if (w.kind == GruKind::torch)
    return torch::gru_cell(input, state, w.ih, w.hh, w.ih_bias, w.hh_bias);
  const std::int64_t size = state.size(-1);
  const auto from_input = torch::linear(input, w.ih, w.ih_bias).split(size, -1);
  const auto gates = torch::linear(state, w.hh.slice(0, 0, 2 * size)).split(size, -1);
  const Tensor reset = torch::sigmoid(from_input[0] + gates[0]);
  const Tensor update = torch::sigmoid(from_input[1] + gates[1]);
  const Tensor candidate =
      torch::tanh(from_input[2] + torch::linear(reset * state, w.hh.slice(0, 2 * size, 3 * size)));
  return torch::lerp(candidate, state, update);
}

}  // namespace dreamer::ops
