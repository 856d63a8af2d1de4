#pragma once

#include <torch/torch.h>

namespace dreamer::ops {

/// One deterministic step: how input and state become the next state.
enum class GruKind {
  torch,  // reset gate after the matrix product, two biases: PyTorch's and Keras's equations
  v1      // reset gate before it: TensorFlow 1's GRUCell
};

/// Gates in the order reset, update, new.
struct GruWeights {
  GruKind kind = GruKind::torch;
  torch::Tensor ih, hh, ih_bias, hh_bias;  // [3D,in] [3D,D] [3D] [3D]; v1 has no hh_bias
};

/// input [N,in], state [N,D] -> next state [N,D].
[[nodiscard]] torch::Tensor gru_cell(const torch::Tensor& input, const torch::Tensor& state,
                                     const GruWeights& weights);

}  // namespace dreamer::ops
