#include "ops/mlp.h"

#include <algorithm>

#include "ops/matrix.h"
#include "ops/pointwise.h"
#include "ops/reference.h"
#include "ops/rows.h"

namespace dreamer::ops {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

namespace {

// Calls work(first row, rows) for `n` rows, so few at a time that what they become in all layers
// stays in the second cache.
template <class Work>
void for_chunks(std::int64_t n, const Work& work) {
  constexpr std::int64_t kRows = 240;  // of 128 values: 120 KB
  for_blocks(n, [&](const Block& block) {
    const std::int64_t end = block.first + block.count;
    for (std::int64_t first = block.first; first < end; first += kRows)
      work(first, std::min(kRows, end - first));
  });
}

struct Mlp : torch::autograd::Function<Mlp> {
  static Tensor forward(AutogradContext* context, const Tensor& input, at::TensorList layers) {
    const Tensor x = input.detach().contiguous();
    const std::int64_t n = x.size(0);
    std::vector<Packed> weights;
    tensor_list results;  // of the layers, [N,K] each
    for (std::size_t i = 0; i < layers.size(); i += 2) {
      weights.push_back(packed_layer(layers[i].detach().contiguous()));
      results.push_back(torch::empty({n, layers[i].size(0)}, x.options()));
    }
    for_chunks(n, [&](std::int64_t first, std::int64_t rows) {
      const float* from = read(x) + first * x.size(1);
      for (std::size_t i = 0; i < results.size(); ++i) {
        const std::int64_t k = results[i].size(1);
        float* to = results[i].data_ptr<float>() + first * k;
        multiply(rows, from, weights[i], Accumulate::bias(layers[2 * i + 1]), to);
        if (i + 1 < results.size()) elu(rows * k, to);
        from = to;
      }
    });
    // Aliases: a result that its own node kept would keep itself alive.
    Tensor out = results.back().alias();
    tensor_list saved = {x};
    saved.insert(saved.end(), results.begin(), results.end() - 1);
    saved.insert(saved.end(), layers.begin(), layers.end());
    context->save_for_backward(saved);
    return out;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const std::size_t count = saved.size() / 3;  // x and hidden layers; a weight and a bias each
    const std::vector<Tensor> inputs(saved.begin(),
                                     saved.begin() + static_cast<std::ptrdiff_t>(count));
    std::vector<Tensor> weights;
    MlpWants want{context->needs_input_grad(0), false};
    for (std::size_t i = 0; i < count; ++i) {
      weights.push_back(saved[count + 2 * i]);
      want.layers = want.layers || context->needs_input_grad(1 + 2 * i) ||
                    context->needs_input_grad(2 + 2 * i);
    }
    MlpGradients found = mlp_backward(inputs, weights, gradients[0], want);
    tensor_list results = {found.input};
    found.layers.resize(2 * count);
    results.insert(results.end(), found.layers.begin(), found.layers.end());
    return results;
  }
};

}  // namespace

MlpGradients mlp_backward(const std::vector<Tensor>& inputs, const std::vector<Tensor>& weights,
                          const Tensor& gradient, const MlpWants& want) {
  const std::size_t count = inputs.size();
  const std::int64_t n = inputs[0].size(0);
  const Tensor d_out = gradient.contiguous();
  std::vector<Packed> packed;
  std::vector<PerThread> d_weights, d_biases;
  std::int64_t widest = 0;
  for (const Tensor& weight : weights) {
    packed.push_back(packed_back(weight.detach().contiguous()));
    widest = std::max(widest, weight.size(1));
    if (!want.layers) continue;
    d_weights.emplace_back(weight.sizes(), weight.options());
    d_biases.emplace_back(weight.sizes().slice(0, 1), weight.options());
  }
  MlpGradients result;
  if (want.input) result.input = torch::empty_like(inputs[0]);
  for_chunks(n, [&](std::int64_t first, std::int64_t rows) {
    thread_local std::vector<float> memory;  // two layers' gradients, in turns
    memory.resize(std::max(memory.size(), static_cast<std::size_t>(2 * rows * widest)));
    const float* dy = read(d_out) + first * d_out.size(1);
    for (std::size_t i = count; i-- > 0;) {
      const std::int64_t in = packed[i].n(), out = packed[i].k();
      const float* x = read(inputs[i]) + first * in;
      if (want.layers) {
        gemm(Transpose::yes, Transpose::no, out, in, rows, dy, x, Accumulate::add(),
             d_weights[i].mine());
        add_rows(rows, out, dy, d_biases[i].mine());
      }
      if (i == 0 && !want.input) break;
      float* dx = i == 0 ? result.input.data_ptr<float>() + first * in
                         : memory.data() + static_cast<std::int64_t>(i % 2) * rows * widest;
      multiply(rows, dy, packed[i], Accumulate::overwrite(), dx);
      if (i > 0) elu_backward(rows * in, x, dx);
      dy = dx;
    }
  });
  for (std::size_t i = 0; i < d_weights.size(); ++i) {
    result.layers.push_back(d_weights[i].sum());
    result.layers.push_back(d_biases[i].sum());
  }
  return result;
}

Tensor mlp(const Tensor& x, const std::vector<Tensor>& layers) {
  // For fewer rows packing the weights costs more than it saves.
  constexpr std::int64_t kFewest = 32;
  if (!applies(layers.front()) || x.numel() < kFewest * x.size(-1))
    return reference::mlp(x, layers);
  const Tensor out = Mlp::apply(x.flatten(0, -2), at::TensorList(layers));
  auto shape = x.sizes().vec();
  shape.back() = out.size(1);
  return out.view(shape);
}

}  // namespace dreamer::ops
