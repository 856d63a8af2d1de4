#include "fused/rssm_steps.h"

#include <algorithm>

#include "fused/matrix.h"
#include "fused/pointwise.h"

namespace dreamer::fused {

using torch::Tensor;

RssmSteps::RssmSteps(const RssmWeights& parameters, double floor, const Tensor& stoch0,
                     const Tensor& deter0, const Tensor& numbers, const Tensor& to_hidden,
                     const Tensor& to_head)
    : min_std(floor),
      first_stoch(stoch0.contiguous()),
      first_deter(deter0.contiguous()),
      noise(numbers.contiguous()),
      hidden(to_hidden),
      head(to_head) {
  const auto prepared = [](const Tensor& x) { return x.detach().contiguous(); };
  weights = {prepared(parameters.stoch),   prepared(parameters.ih),      prepared(parameters.hh),
             prepared(parameters.ih_bias), prepared(parameters.hh_bias), prepared(parameters.deter),
             prepared(parameters.out),     prepared(parameters.out_bias)};
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
  slope = memory({t, n, s});
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
  dense(n, s, k, stoch_before(t, block.first), read(weights.stoch), 1, x);
  elu(n * k, x);
  dense(n, k, 3 * d, x, read(weights.ih), 0, gi);
  dense(n, d, 3 * d, before, read(weights.hh), 0, gh);
  gru(n, d, {gi, gh, read(weights.ih_bias), read(weights.hh_bias), before}, at(gates), next);
  dense(n, d, k_head, next, read(weights.deter), 1, y);
  elu(n * k_head, y);
  dense(n, k_head, 2 * s, y, read(weights.out), 0, out);
  normal_sample(n, s, out, read(weights.out_bias), static_cast<float>(min_std), at(noise),
                {at(mean), at(stddev), at(slope), at(stoch)});
}

RssmDownstream backward(const RssmSteps& f, const RssmUpstream& gradient, WeightGradients want) {
  const std::int64_t steps = f.noise.size(0), all_rows = f.noise.size(1), s = f.noise.size(2),
                     d = f.deter.size(2), k = f.hidden.size(2), k_head = f.head.size(2);
  // What only the weights need is kept for one step where nobody asks for their gradients.
  const bool keep = want == WeightGradients::yes;
  const auto memory = [&](std::int64_t columns, bool all) {
    return torch::empty({all ? steps : 1, all_rows, columns}, f.noise.options());
  };
  const Tensor d_hidden = memory(k, true), d_head = memory(k_head, true),
               d_out = memory(2 * s, keep), d_input = memory(3 * d, keep),
               d_state = memory(3 * d, keep);
  const auto step = [&](std::int64_t t, const Block& block) {
    const std::int64_t n = block.count, first = block.first;
    const auto at = [&](const Tensor& x) { return at_step(x, t, first); };
    const auto slot = [&](const Tensor& x) { return at_step(x, keep ? t : 0, first); };
    float *dx = at(d_hidden), *dy = at(d_head), *d_next = at(gradient.deter);
    float *out = slot(d_out), *gi = slot(d_input), *gh = slot(d_state);
    normal_sample_backward(n, s, at(f.noise), at(f.slope), at(gradient.stoch), at(gradient.mean),
                           at(gradient.stddev), out);
    dense_backward(n, k_head, 2 * s, out, read(f.weights.out), 0, dy);
    elu_backward(n * k_head, at(f.head), dy);
    dense_backward(n, d, k_head, dy, read(f.weights.deter), 1, d_next);
    float* d_before = t > 0 ? at_step(gradient.deter, t - 1, first) : nullptr;
    gru_backward(n, d, at(f.gates), f.deter_before(t, first), d_next, gi, gh, d_before);
    dense_backward(n, k, 3 * d, gi, read(f.weights.ih), 0, dx);
    elu_backward(n * k, at(f.hidden), dx);
    if (t == 0) return;  // the first state is a constant
    dense_backward(n, d, 3 * d, gh, read(f.weights.hh), 1, d_before);
    dense_backward(n, s, k, dx, read(f.weights.stoch), 1, at_step(gradient.stoch, t - 1, first));
  };
  for_blocks(all_rows, [&](const Block& block) {
    for (std::int64_t t = steps - 1; t >= 0; --t) step(t, block);
  });
  RssmDownstream result{d_hidden, d_head, {}};
  if (keep)
    result.weights = {delayed_weight_gradient(d_hidden, f.stoch, f.first_stoch),
                      weight_gradient(d_input, f.hidden),
                      delayed_weight_gradient(d_state, f.deter, f.first_deter),
                      rows(d_input).sum(0),
                      rows(d_state).sum(0),
                      weight_gradient(d_head, f.deter),
                      weight_gradient(d_out, f.head),
                      rows(d_out).sum(0)};
  return result;
}

Tensor weight_gradient(const Tensor& dy, const Tensor& x) { return rows(dy).t().mm(rows(x)); }

Tensor delayed_weight_gradient(const Tensor& dy, const Tensor& state, const Tensor& first) {
  return weight_gradient(dy[0], first)
      .addmm_(rows(dy.slice(0, 1)).t(), rows(state.slice(0, 0, -1)));
}

bool applies(const Tensor& weight, at::ArrayRef<Tensor> constants) {
  const auto ours = [](const Tensor& x) {
    return x.is_cpu() && x.scalar_type() == torch::kFloat32;
  };
  return ours(weight) && std::all_of(constants.begin(), constants.end(), [&](const Tensor& x) {
           return ours(x) && !x.requires_grad();
         });
}

}  // namespace dreamer::fused
