#include "ops/imagined_rollout.h"

#include "ops/matrix.h"
#include "ops/mlp.h"
#include "ops/pointwise.h"
#include "ops/reference.h"

namespace dreamer::ops {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

namespace {

// bias [K] in every row of [H,N,K], for products to be added to.
Tensor every_row(const Tensor& bias, std::int64_t h, std::int64_t n) {
  return bias.detach().expand({h, n, bias.size(0)}).clone(torch::MemoryFormat::Contiguous);
}

// The actor's part of H steps: all values, in memory that is allocated once.
struct ActorSteps {
  SquashedNormal normal;
  std::vector<std::int64_t> groups;  // of discrete actions: then stddev are probabilities, log_prob
                                     // the negative entropy
  Tensor noise;                      // [H,N,A]
  Packed from_stoch, from_deter;     // the first layer's weight in two: [K,S] [K,D]
  std::vector<Tensor> weights;       // the others, the last one [2A,K]
  std::vector<Packed> layers;        // the same
  std::vector<Tensor> biases;        // [K] each
  Tensor out_bias;                   // [2A]
  std::vector<Tensor> hidden;        // [H,N,K] each
  Tensor action, stddev, mean_derivative, std_derivative;  // [H,N,A]
  Tensor log_prob;                                         // [H,N]
  Tensor out;                                              // [1,N,2A], of the latest step

  ActorSteps(const SquashedNormal& squashed, at::IntArrayRef one_hot, at::TensorList parameters,
             std::int64_t stoch, const Tensor& draws)
      : normal(squashed), groups(one_hot.vec()), noise(draws.contiguous()) {
    const std::int64_t h = noise.size(0), n = noise.size(1), a = noise.size(2);
    from_stoch = packed_layer(parameters[0].detach().slice(1, 0, stoch).contiguous());
    from_deter = packed_layer(parameters[0].detach().slice(1, stoch).contiguous());
    for (std::size_t i = 0; i + 2 < parameters.size(); i += 2) {
      biases.push_back(parameters[i + 1].detach().contiguous());
      hidden.push_back(torch::empty({h, n, biases.back().size(0)}, noise.options()));
      weights.push_back(parameters[i + 2].detach().contiguous());
      layers.push_back(packed_layer(weights.back()));
    }
    out_bias = parameters.back().detach().contiguous();
    for (Tensor* x : {&action, &stddev, &mean_derivative, &std_derivative})
      *x = torch::empty_like(noise);
    log_prob = torch::empty({h, n}, noise.options());
    out = torch::empty({1, n, discrete() ? a : 2 * a}, noise.options());
  }

  [[nodiscard]] bool discrete() const { return !groups.empty(); }

  [[nodiscard]] SquashedSample sample(std::int64_t t, std::int64_t first) const {
    const auto at = [&](const Tensor& x) { return at_step(x, t, first); };
    return {at(stddev), at(action), at(mean_derivative), at(std_derivative), at(log_prob)};
  }

  [[nodiscard]] OneHotSample one_hot(std::int64_t t, std::int64_t first) const {
    const auto at = [&](const Tensor& x) { return at_step(x, t, first); };
    return {at(stddev), at(action), at(log_prob)};
  }

  // The action of step t for some rows; stoch and deter are the state before it.
  void step(std::int64_t t, const Block& block, const float* stoch, const float* deter) {
    const std::int64_t n = block.count, a = noise.size(2), k = from_stoch.n();
    float* x = at_step(hidden[0], t, block.first);
    multiply(n, stoch, from_stoch, Accumulate::bias(biases[0]), x);
    multiply(n, deter, from_deter, Accumulate::add(), x);
    elu(n * k, x);
    for (std::size_t i = 1; i < hidden.size(); ++i) {
      float* y = at_step(hidden[i], t, block.first);
      multiply(n, x, layers[i - 1], Accumulate::bias(biases[i]), y);
      elu(n * k, y);
      x = y;
    }
    float* raw = at_step(out, 0, block.first);
    multiply(n, x, layers.back(), Accumulate::overwrite(), raw);
    const float* draws = at_step(noise, t, block.first);
    if (discrete())
      one_hot_sample(n, groups, raw, read(out_bias), draws, one_hot(t, block.first));
    else
      squashed_sample(n, a, normal, raw, read(out_bias), draws, sample(t, block.first));
  }

  // The gradients of weight, bias, weight, bias, …: no step's actor sees another's gradient, so all
  // steps are one batch. d_action [H,N,A], d_log_prob [H,N].
  [[nodiscard]] tensor_list backward(const RssmSteps& states, const Tensor& d_action,
                                     const Tensor& d_log_prob) const {
    const std::int64_t h = noise.size(0), n = noise.size(1), a = noise.size(2);
    const Tensor dy = torch::empty({h, n, out.size(2)}, noise.options());
    if (discrete())
      one_hot_sample_backward(h * n, groups, one_hot(0, 0), read(d_action), read(d_log_prob),
                              dy.data_ptr<float>());
    else
      squashed_sample_backward(h * n, a, sample(0, 0), read(noise), read(d_action),
                               read(d_log_prob), dy.data_ptr<float>());
    std::vector<Tensor> inputs;
    for (const Tensor& x : hidden) inputs.push_back(rows(x));
    const MlpGradients upper = mlp_backward(inputs, weights, rows(dy), {true, true});
    Tensor first = upper.input;
    elu_backward(first.numel(), read(hidden[0]), first.data_ptr<float>());
    first = first.view(hidden[0].sizes());
    tensor_list gradients = {
        torch::cat({recurrent_weight_gradient(first, states.stoch, states.first_stoch),
                    recurrent_weight_gradient(first, states.deter, states.first_deter)},
                   1),
        rows(first).sum(0)};
    gradients.insert(gradients.end(), upper.layers.begin(), upper.layers.end());
    return gradients;
  }
};

// Both parts, as autograd keeps them for the backward pass.
struct RolloutTape : torch::CustomClassHolder {
  RolloutTape(ActorSteps&& actor_steps, RssmSteps&& rssm_steps, const Tensor& weight)
      : actor(std::move(actor_steps)), rssm(std::move(rssm_steps)), action_weight(weight) {}
  ActorSteps actor;
  RssmSteps rssm;
  Tensor action_weight;  // [K,A]
};

struct Rollout : torch::autograd::Function<Rollout> {
  // The order of the tensors that gradients are given for.
  static constexpr std::size_t kConstants = 4, kDynamics = 3 + RssmWeights::kCount;

  static tensor_list forward(AutogradContext* context, const Tensor& stoch, const Tensor& deter,
                             const Tensor& action_noise, const Tensor& prior_noise,
                             at::TensorList w, at::TensorList actor_layers, double min_std,
                             const SquashedNormal& normal, at::IntArrayRef groups) {
    const std::int64_t h = action_noise.size(0), n = action_noise.size(1);
    const Tensor action_weight = w[0].detach().contiguous(),
                 input_bias = w[1].detach().contiguous();
    ActorSteps actor(normal, groups, actor_layers, stoch.size(1), action_noise);
    RssmSteps rssm({w[3], w[4], w[5], w[6], w[7], w[8], w[9], w[10]}, min_std, stoch, deter,
                   prior_noise, torch::empty({h, n, w[1].size(0)}, stoch.options()),
                   every_row(w[2], h, n));
    const Packed from_action = packed_layer(action_weight);
    for_blocks(n, [&](const Block& block) {
      const std::int64_t first = block.first;
      for (std::int64_t t = 0; t < h; ++t) {
        actor.step(t, block, rssm.stoch_before(t, first), rssm.deter_before(t, first));
        multiply(block.count, at_step(actor.action, t, first), from_action,
                 Accumulate::bias(input_bias), at_step(rssm.hidden, t, first));
        rssm.step(t, block);
      }
    });
    // Aliases: results that their own node kept would keep each other alive.
    tensor_list results = {rssm.stoch.alias(), rssm.deter.alias(), actor.action.alias(),
                           actor.log_prob.alias(), actor.stddev.alias()};
    context->mark_non_differentiable({results[4]});
    context->saved_data["tape"] = c10::IValue::make_capsule(
        c10::make_intrusive<RolloutTape>(std::move(actor), std::move(rssm), action_weight));
    return results;
  }

  static tensor_list backward(AutogradContext* context, tensor_list d) {
    const auto tape =
        c10::static_intrusive_pointer_cast<RolloutTape>(context->saved_data["tape"].toCapsule());
    const auto own = [](const Tensor& x) { return x.clone(torch::MemoryFormat::Contiguous); };
    const auto asked = [&](std::size_t from, std::size_t count) {
      for (std::size_t i = from; i < from + count; ++i)
        if (context->needs_input_grad(i)) return true;
      return false;
    };
    const bool weights = asked(kConstants, kDynamics);
    const Tensor none = torch::zeros_like(tape->rssm.stoch);  // mean and stddev are no results
    const RssmInputGradients down =
        ops::backward(tape->rssm, {own(d[0]), own(d[1]), none, none},
                      weights ? WeightGradients::yes : WeightGradients::no);

    tensor_list results(kConstants);
    tensor_list dynamics(kDynamics);
    if (weights) {
      dynamics = {weight_gradient(down.hidden, tape->actor.action), rows(down.hidden).sum(0),
                  rows(down.head).sum(0)};
      for (const Tensor& gradient : down.weights.list()) dynamics.push_back(gradient);
    }
    results.insert(results.end(), dynamics.begin(), dynamics.end());

    const std::size_t layers = 2 * tape->actor.hidden.size() + 2;
    tensor_list actor(layers);
    if (asked(kConstants + kDynamics, layers)) {
      const Tensor d_action = d[2] + torch::matmul(down.hidden, tape->action_weight);
      actor = tape->actor.backward(tape->rssm, d_action.contiguous(), d[3].contiguous());
    }
    results.insert(results.end(), actor.begin(), actor.end());
    results.resize(results.size() + 3);  // settings
    return results;
  }
};

}  // namespace

ImaginedRollout imagined_rollout(const ActorWeights& actor, const DynamicsWeights& dynamics,
                                 const RolloutConstants& constants) {
  if (dynamics.rssm.gru != GruKind::torch ||
      !applies(dynamics.action,
               {constants.stoch, constants.deter, constants.action_noise, constants.prior_noise}))
    return reference::imagined_rollout(actor, dynamics, constants);
  tensor_list weights = {dynamics.action, dynamics.input_bias, dynamics.head_bias};
  for (const Tensor& weight : dynamics.rssm.list()) weights.push_back(weight);
  const auto r = Rollout::apply(constants.stoch, constants.deter, constants.action_noise,
                                constants.prior_noise, at::TensorList(weights),
                                at::TensorList(actor.layers), dynamics.min_std,
                                SquashedNormal{static_cast<float>(actor.normal.mean_scale),
                                               static_cast<float>(actor.normal.shift),
                                               static_cast<float>(actor.normal.min_std)},
                                at::IntArrayRef(actor.groups));
  return {r[0], r[1], r[2], r[3], r[4]};
}

}  // namespace dreamer::ops
