#pragma once

#include <array>

#include <torch/torch.h>

#include "ops/gru.h"
#include "ops/matrix.h"
#include "ops/rows.h"

namespace dreamer::ops {

// The steps that the observed sequence and the imagined rollout share. Letters as everywhere, and
// T steps, N rows, K units of a hidden layer. Time is the first axis, so that a step is one piece
// of memory.

/// Step t of x [T,N,…], from row `first` on.
inline float* at_step(const torch::Tensor& x, std::int64_t t, std::int64_t first) {
  return x.data_ptr<float>() + t * x.stride(0) + first * x.stride(1);
}

/// The parameters of the recurrence, in the layers' layouts.
struct RssmWeights {
  torch::Tensor stoch;                     // [K,S], stoch's columns of the input layer
  torch::Tensor ih, hh, ih_bias, hh_bias;  // [3D,K] [3D,D] [3D] [3D]
  torch::Tensor deter;                     // [K,D], deter's columns of the head's hidden layer
  torch::Tensor out, out_bias;             // [2S,K] [2S]
  GruKind gru = GruKind::torch;

  static constexpr std::size_t kCount = 8;
  [[nodiscard]] std::array<torch::Tensor, kCount> list() const {
    return {stoch, ih, hh, ih_bias, hh_bias, deter, out, out_bias};
  }
};

/// All values of T steps, written into memory that is allocated once.
struct RssmSteps {
  RssmWeights weights;
  double min_std = 0;
  torch::Tensor first_stoch, first_deter;      // [N,S] [N,D], the state before the first step
  torch::Tensor noise;                         // [T,N,S]
  torch::Tensor hidden, head;                  // [T,N,K]
  torch::Tensor gates;                         // [T,N,4D]
  torch::Tensor stoch, deter;                  // [T,N,S] [T,N,D]
  torch::Tensor mean, stddev, std_derivative;  // [T,N,S]

  /// Allocates. `hidden` and `head` begin with what does not come from the state.
  RssmSteps(const RssmWeights& weights, double min_std, const torch::Tensor& first_stoch,
            const torch::Tensor& first_deter, const torch::Tensor& noise,
            const torch::Tensor& hidden, const torch::Tensor& head);

  /// Computes step t from the one before, for some rows. hidden[t] and head[t] hold what the
  /// layers' other inputs and biases give.
  void step(std::int64_t t, const Block& block);

  /// The state before step t, from row `first` on.
  [[nodiscard]] const float* stoch_before(std::int64_t t, std::int64_t first) const;
  [[nodiscard]] const float* deter_before(std::int64_t t, std::int64_t first) const;

 private:
  Packed from_stoch_, ih_, hh_, to_head_, to_out_;  // the weights
  torch::Tensor from_input_, from_state_, out_;  // [1,N,3D] [1,N,3D] [1,N,2S], of the latest step
};

/// Gradients of the loss with respect to the steps' outputs, contiguous. `stoch` and `deter` are
/// written to.
struct RssmOutputGradients {
  torch::Tensor stoch, deter, mean, stddev;
};
enum class WeightGradients { no, yes };
/// Gradients with respect to the steps' inputs and weights.
struct RssmInputGradients {
  torch::Tensor hidden, head;  // [T,N,K], before ELU
  RssmWeights weights;         // undefined with WeightGradients::no
};
/// Backpropagation through time.
[[nodiscard]] RssmInputGradients backward(const RssmSteps& steps,
                                          const RssmOutputGradients& gradient,
                                          WeightGradients want);

/// Σ dy'·x over all rows, the gradient of a dense layer's weight: [...,out], [...,in] -> [out,in].
[[nodiscard]] torch::Tensor weight_gradient(const torch::Tensor& dy, const torch::Tensor& x);
/// The same for a recurrent weight, whose input at step t is the state of step t−1: dy [T,N,out],
/// state [T,N,in], first [N,in].
[[nodiscard]] torch::Tensor recurrent_weight_gradient(const torch::Tensor& dy,
                                                      const torch::Tensor& state,
                                                      const torch::Tensor& first);

}  // namespace dreamer::ops
