#include "ops/rssm_sequence.h"

#include "ops/reference.h"

namespace dreamer::ops {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

namespace {

// The steps, as autograd keeps them for the backward pass.
struct SequenceTape : torch::CustomClassHolder {
  explicit SequenceTape(RssmSteps&& forward) : steps(std::move(forward)) {}
  RssmSteps steps;
};

struct Sequence : torch::autograd::Function<Sequence> {
  static tensor_list forward(AutogradContext* context, const Tensor& from_action,
                             const Tensor& from_embedding, const Tensor& noise,
                             at::TensorList weights, double min_std) {
    const auto own = [](const Tensor& x) { return x.clone(torch::MemoryFormat::Contiguous); };
    const std::int64_t n = noise.size(1);
    RssmSteps steps({weights[0], weights[1], weights[2], weights[3], weights[4], weights[5],
                     weights[6], weights[7]},
                    min_std, torch::zeros({n, noise.size(2)}, noise.options()),
                    torch::zeros({n, weights[2].size(1)}, noise.options()), noise, own(from_action),
                    own(from_embedding));
    for_blocks(n, [&](const Block& block) {
      for (std::int64_t t = 0; t < noise.size(0); ++t) steps.step(t, block);
    });
    // Aliases: results that their own node kept would keep each other alive.
    tensor_list results = {steps.stoch.alias(), steps.deter.alias(), steps.mean.alias(),
                           steps.stddev.alias()};
    context->saved_data["tape"] =
        c10::IValue::make_capsule(c10::make_intrusive<SequenceTape>(std::move(steps)));
    return results;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto tape =
        c10::static_intrusive_pointer_cast<SequenceTape>(context->saved_data["tape"].toCapsule());
    const auto own = [](const Tensor& x) { return x.clone(torch::MemoryFormat::Contiguous); };
    bool weights = false;
    for (std::size_t i = 0; i < RssmWeights::kCount; ++i)
      weights = weights || context->needs_input_grad(3 + i);
    const RssmInputGradients down =
        ops::backward(tape->steps,
                      {own(gradients[0]), own(gradients[1]), gradients[2].contiguous(),
                       gradients[3].contiguous()},
                      weights ? WeightGradients::yes : WeightGradients::no);
    tensor_list results = {down.hidden, down.head, Tensor()};
    for (const Tensor& gradient : down.weights.list()) results.push_back(gradient);
    results.emplace_back();
    return results;
  }
};

}  // namespace

RssmSequence rssm_sequence(const RssmWeights& weights, double min_std, const Tensor& from_action,
                           const Tensor& from_embedding, const Tensor& noise) {
  if (weights.gru != GruKind::torch || !applies(weights.ih, {noise}))
    return reference::rssm_sequence(weights, min_std, from_action, from_embedding, noise);
  const auto list = weights.list();
  const auto results =
      Sequence::apply(from_action, from_embedding, noise, at::TensorList(list), min_std);
  return {results[0], results[1], results[2], results[3]};
}

}  // namespace dreamer::ops
