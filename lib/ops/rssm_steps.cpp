#include "ops/rssm_steps.h"

#include "ops/pointwise.h"

namespace dreamer::ops {

using torch::Tensor;

RssmSteps::RssmSteps(const RssmWeights& parameters, double floor, const Tensor& stoch0,
                     const Tensor& deter0, const Tensor& draws, const Tensor& to_hidden,
                     const Tensor& to_head)
    : min_std(floor),
      first_stoch(stoch0.contiguous()),
      first_deter(deter0.contiguous()),
      noise(draws.contiguous()),
      hidden(to_hidden),
      head(to_head) {
  const auto prepared = [](const Tensor& x) { return x.detach().contiguous(); };
  weights = {prepared(parameters.stoch),   prepared(parameters.ih),      prepared(parameters.hh),
             prepared(parameters.ih_bias), prepared(parameters.hh_bias), prepared(parameters.deter),
             prepared(parameters.out),     prepared(parameters.out_bias)};
  from_stoch_ = packed_layer(weights.stoch);
  ih_ = packed_layer(weights.ih);
  hh_ = packed_layer(weights.hh);
  to_head_ = packed_layer(weights.deter);
  to_out_ = packed_layer(weights.out);
  const std::int64_t t = noise.size(0), n = noise.size(1), s = noise.size(2),
                     d = weights.hh.size(1);
  const auto memory = [&](std::initializer_list<std::int64_t> shape) {
    return torch::empty(torch::IntArrayRef(shape), noise.options());
  };
  gates = memory({t, n, 4 * d});
  deter = memory({t, n, d});
  stoch = memory({t, n, s});
  mean = memory({t, n, s});
  stddev = memory({t, n, s});
  std_derivative = memory({t, n, s});
  from_input_ = memory({1, n, 3 * d});
  from_state_ = memory({1, n, 3 * d});
  out_ = memory({1, n, 2 * s});
}

const float* RssmSteps::stoch_before(std::int64_t t, std::int64_t first) const {
  return t == 0 ? read(first_stoch) + first * first_stoch.size(1) : at_step(stoch, t - 1, first);
}
const float* RssmSteps::deter_before(std::int64_t t, std::int64_t first) const {
  return t == 0 ? read(first_deter) + first * first_deter.size(1) : at_step(deter, t - 1, first);
}

void RssmSteps::step(std::int64_t t, const Block& block) {
  const std::int64_t n = block.count, s = noise.size(2), d = deter.size(2), k = hidden.size(2),
                     k_head = head.size(2);
  const auto at = [&](const Tensor& x) { return at_step(x, t, block.first); };
  const auto scratch = [&](const Tensor& x) { return at_step(x, 0, block.first); };
  float *x = at(hidden), *y = at(head), *next = at(deter);
  float *gi = scratch(from_input_), *gh = scratch(from_state_), *out = scratch(out_);
  const float* before = deter_before(t, block.first);
  multiply(n, stoch_before(t, block.first), from_stoch_, Accumulate::add(), x);
  elu(n * k, x);
  multiply(n, x, ih_, Accumulate::overwrite(), gi);
  multiply(n, before, hh_, Accumulate::overwrite(), gh);
  gru(n, d, {gi, gh, read(weights.ih_bias), read(weights.hh_bias), before}, at(gates), next);
  multiply(n, next, to_head_, Accumulate::add(), y);
  elu(n * k_head, y);
  multiply(n, y, to_out_, Accumulate::overwrite(), out);
  normal_sample(n, s, out, read(weights.out_bias), static_cast<float>(min_std), at(noise),
                {at(mean), at(stddev), at(std_derivative), at(stoch)});
}

RssmInputGradients backward(const RssmSteps& f, const RssmOutputGradients& gradient,
                            WeightGradients want) {
  const std::int64_t steps = f.noise.size(0), all_rows = f.noise.size(1), s = f.noise.size(2),
                     d = f.deter.size(2), k = f.hidden.size(2), k_head = f.head.size(2);
  // What only the weights need is stored for one step alone where their gradients are not wanted.
  const bool keep = want == WeightGradients::yes;
  const auto memory = [&](std::int64_t columns, bool all) {
    return torch::empty({all ? steps : 1, all_rows, columns}, f.noise.options());
  };
  const Tensor d_hidden = memory(k, true), d_head = memory(k_head, true),
               d_out = memory(2 * s, keep), d_input = memory(3 * d, keep),
               d_state = memory(3 * d, keep);
  const Packed w_stoch = packed_back(f.weights.stoch), w_ih = packed_back(f.weights.ih),
               w_hh = packed_back(f.weights.hh), w_deter = packed_back(f.weights.deter),
               w_out = packed_back(f.weights.out);
  const auto step = [&](std::int64_t t, const Block& block) {
    const std::int64_t n = block.count, first = block.first;
    const auto at = [&](const Tensor& x) { return at_step(x, t, first); };
    const auto slot = [&](const Tensor& x) { return at_step(x, keep ? t : 0, first); };
    float *dx = at(d_hidden), *dy = at(d_head), *d_next = at(gradient.deter);
    float *out = slot(d_out), *gi = slot(d_input), *gh = slot(d_state);
    normal_sample_backward(n, s, at(f.noise), at(f.std_derivative), at(gradient.stoch),
                           at(gradient.mean), at(gradient.stddev), out);
    multiply(n, out, w_out, Accumulate::overwrite(), dy);
    elu_backward(n * k_head, at(f.head), dy);
    multiply(n, dy, w_deter, Accumulate::add(), d_next);
    float* d_before = t > 0 ? at_step(gradient.deter, t - 1, first) : nullptr;
    gru_backward(n, d, at(f.gates), f.deter_before(t, first), d_next, gi, gh, d_before);
    multiply(n, gi, w_ih, Accumulate::overwrite(), dx);
    elu_backward(n * k, at(f.hidden), dx);
    if (t == 0) return;  // the first state is a constant
    multiply(n, gh, w_hh, Accumulate::add(), d_before);
    multiply(n, dx, w_stoch, Accumulate::add(), at_step(gradient.stoch, t - 1, first));
  };
  for_blocks(all_rows, [&](const Block& block) {
    for (std::int64_t t = steps - 1; t >= 0; --t) step(t, block);
  });
  RssmInputGradients result{d_hidden, d_head, {}};
  if (keep)
    result.weights = {recurrent_weight_gradient(d_hidden, f.stoch, f.first_stoch),
                      weight_gradient(d_input, f.hidden),
                      recurrent_weight_gradient(d_state, f.deter, f.first_deter),
                      rows(d_input).sum(0),
                      rows(d_state).sum(0),
                      weight_gradient(d_head, f.deter),
                      weight_gradient(d_out, f.head),
                      rows(d_out).sum(0)};
  return result;
}

Tensor weight_gradient(const Tensor& dy, const Tensor& x) {
  const Tensor result = torch::empty({dy.size(-1), x.size(-1)}, dy.options());
  gemm(Transpose::yes, Transpose::no, dy.size(-1), x.size(-1), rows(dy).size(0), read(dy), read(x),
       Accumulate::overwrite(), result.data_ptr<float>());
  return result;
}

Tensor recurrent_weight_gradient(const Tensor& dy, const Tensor& state, const Tensor& first) {
  const Tensor result = weight_gradient(dy[0], first);
  const std::int64_t later = dy[0].size(0) * (dy.size(0) - 1);
  gemm(Transpose::yes, Transpose::no, dy.size(-1), state.size(-1), later, read(dy) + dy.stride(0),
       read(state), Accumulate::add(), result.data_ptr<float>());
  return result;
}

}  // namespace dreamer::ops
