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
  from_input_ = memory({n, 3 * d});
  from_state_ = memory({n, 3 * d});
  out_ = memory({n, 2 * s});
}

const float* RssmSteps::stoch_before(std::int64_t t) const {
  return t == 0 ? read(first_stoch) : at_step(stoch, t - 1);
}
const float* RssmSteps::deter_before(std::int64_t t) const {
  return t == 0 ? read(first_deter) : at_step(deter, t - 1);
}

void RssmSteps::step(std::int64_t t) {
  const std::int64_t n = noise.size(1), s = noise.size(2), d = deter.size(2), k = hidden.size(2),
                     k_head = head.size(2);
  float *x = at_step(hidden, t), *y = at_step(head, t), *next = at_step(deter, t);
  float *gi = from_input_.data_ptr<float>(), *gh = from_state_.data_ptr<float>(),
        *out = out_.data_ptr<float>();
  dense(n, s, k, stoch_before(t), read(weights.stoch), 1, x);
  elu(n * k, x);
  dense(n, k, 3 * d, x, read(weights.ih), 0, gi);
  dense(n, d, 3 * d, deter_before(t), read(weights.hh), 0, gh);
  gru(n, d, {gi, gh, read(weights.ih_bias), read(weights.hh_bias), deter_before(t)},
      at_step(gates, t), next);
  dense(n, d, k_head, next, read(weights.deter), 1, y);
  elu(n * k_head, y);
  dense(n, k_head, 2 * s, y, read(weights.out), 0, out);
  normal_sample(n, s, out, read(weights.out_bias), static_cast<float>(min_std), at_step(noise, t),
                {at_step(mean, t), at_step(stddev, t), at_step(slope, t), at_step(stoch, t)});
}

RssmDownstream backward(const RssmSteps& f, const RssmUpstream& gradient, WeightGradients want) {
  const std::int64_t steps = f.noise.size(0), n = f.noise.size(1), s = f.noise.size(2),
                     d = f.deter.size(2), k = f.hidden.size(2), k_head = f.head.size(2);
  // What only the weights need is kept for one step where nobody asks for their gradients.
  const bool keep = want == WeightGradients::yes;
  const auto memory = [&](std::int64_t columns, bool all) {
    return torch::empty({all ? steps : 1, n, columns}, f.noise.options());
  };
  const Tensor d_hidden = memory(k, true), d_head = memory(k_head, true),
               d_out = memory(2 * s, keep), d_input = memory(3 * d, keep),
               d_state = memory(3 * d, keep);
  for (std::int64_t t = steps - 1; t >= 0; --t) {
    const std::int64_t slot = keep ? t : 0;
    float *dx = at_step(d_hidden, t), *dy = at_step(d_head, t), *out = at_step(d_out, slot),
          *gi = at_step(d_input, slot), *gh = at_step(d_state, slot),
          *d_next = at_step(gradient.deter, t);
    normal_sample_backward(n, s, at_step(f.noise, t), at_step(f.slope, t),
                           at_step(gradient.stoch, t), at_step(gradient.mean, t),
                           at_step(gradient.stddev, t), out);
    dense_backward(n, k_head, 2 * s, out, read(f.weights.out), 0, dy);
    elu_backward(n * k_head, at_step(f.head, t), dy);
    dense_backward(n, d, k_head, dy, read(f.weights.deter), 1, d_next);
    float* d_before = t > 0 ? at_step(gradient.deter, t - 1) : nullptr;
    gru_backward(n, d, at_step(f.gates, t), f.deter_before(t), d_next, gi, gh, d_before);
    dense_backward(n, k, 3 * d, gi, read(f.weights.ih), 0, dx);
    elu_backward(n * k, at_step(f.hidden, t), dx);
    if (t == 0) break;  // the first state is a constant
    dense_backward(n, d, 3 * d, gh, read(f.weights.hh), 1, d_before);
    dense_backward(n, s, k, dx, read(f.weights.stoch), 1, at_step(gradient.stoch, t - 1));
  }
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
