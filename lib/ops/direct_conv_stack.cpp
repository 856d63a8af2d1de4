#include "ops/direct_conv_stack.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include <ATen/Parallel.h>

#include "ops/direct_conv.h"
#include "ops/pointwise.h"
#include "ops/rows.h"

namespace dreamer::ops {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

namespace {

constexpr std::int64_t kSlab = std::int64_t{1}
                               << 16;  // floats of input-side images at a time: 256 KB

Tensor channels_last(const Tensor& x) { return x.contiguous(torch::MemoryFormat::ChannelsLast); }
// The weight [O,C,k,k], by ConvShape's sides for both kinds of layers, as matrices [K,O] and [O,K];
// and back from [K,O].
Tensor by_patch(const Tensor& weight) { return weight.permute({2, 3, 1, 0}).contiguous(); }
Tensor by_channel(const Tensor& weight) { return weight.permute({0, 2, 3, 1}).contiguous(); }
Tensor as_weight(const Tensor& matrix) { return matrix.permute({3, 2, 0, 1}).contiguous(); }

/// A convolution maps the input side of its ConvShape to the output side, a transposed one back.
enum class Direction { convolution, transposed };
Direction opposite(Direction direction) {
  return direction == Direction::convolution ? Direction::transposed : Direction::convolution;
}

/// The shape of a layer that takes images of so many rows and columns.
ConvShape shape_of(std::int64_t rows, std::int64_t columns, const Tensor& weight,
                   Direction direction) {
  constexpr std::int64_t kStride = 2;
  const std::int64_t k = weight.size(2), out = weight.size(0), in = weight.size(1);
  if (direction == Direction::convolution)
    return {rows, columns, in,     (rows - k) / kStride + 1, (columns - k) / kStride + 1,
            out,  k,       kStride};
  return {
      (rows - 1) * kStride + k, (columns - 1) * kStride + k, in, rows, columns, out, k, kStride};
}

/// One layer of a stack: its kernels (null if there are none), and the floats of an image before
/// and after it.
struct Layer {
  ConvShape shape;
  const DirectConv* kernels;
  bool relu;
  std::int64_t in, out;
};

/// A layer in one direction, with the weight packed for it.
class LayerPass {
 public:
  /// @param bias [channels of the result] or null
  LayerPass(const Layer& layer, Direction direction, const Tensor& weight, const float* bias)
      : shape_(layer.shape), kernels_(*layer.kernels), bias_(bias) {
    if (direction == Direction::convolution) {
      matrix_ = by_patch(weight);
    } else {
      packed_.resize(static_cast<std::size_t>(kernels_.packed));
      kernels_.pack(read(by_channel(weight)), bias, packed_.data());
    }
  }

  void operator()(std::int64_t images, const float* from, bool relu, float* to) const {
    if (matrix_.defined())
      kernels_.forward(shape_, images, from, read(matrix_), bias_, relu, to);
    else
      kernels_.backward_data(shape_, images, from, packed_.data(), relu, to);
  }

 private:
  ConvShape shape_;
  const DirectConv& kernels_;
  const float* bias_;
  Tensor matrix_;              // of a convolution, [K,O]
  std::vector<float> packed_;  // of a transposed one, with the bias
};

/// Weight and bias of each layer in turn; the last one's activation is `last`.
std::vector<Layer> layers_of(const Tensor& x, at::TensorList parameters, Direction direction,
                             Activation last) {
  std::vector<Layer> layers;
  std::int64_t rows = x.size(2), columns = x.size(3);
  for (std::size_t i = 0; i < parameters.size(); i += 2) {
    const ConvShape s = shape_of(rows, columns, parameters[i], direction);
    const bool relu = i + 2 < parameters.size() || last == Activation::relu;
    if (direction == Direction::convolution) {
      layers.push_back({s, direct_conv(s), relu, s.input_size(), s.output_size()});
      rows = s.output_rows;
      columns = s.output_columns;
    } else {
      layers.push_back({s, direct_conv(s), relu, s.output_size(), s.input_size()});
      rows = s.input_rows;
      columns = s.input_columns;
    }
  }
  return layers;
}

// Calls work(first image, images) for slabs of all `n` images, split among the threads.
template <class Work>
void for_slabs(const std::vector<Layer>& layers, std::int64_t n, const Work& work) {
  std::int64_t largest = 1;
  for (const Layer& layer : layers) largest = std::max(largest, layer.shape.input_size());
  const std::int64_t fit = std::max<std::int64_t>(1, kSlab / largest);
  at::parallel_for(0, n, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t first = begin; first < end; first += fit)
      work(first, std::min(fit, end - first));
  });
}

// All layers process a slab of images before the next slab, so that what is between them is still
// in the cache.
struct DirectStack : torch::autograd::Function<DirectStack> {
  static Tensor forward(AutogradContext* context, const Tensor& input, at::TensorList parameters,
                        Activation last, Direction direction) {
    const Tensor x = channels_last(input);
    const std::vector<Layer> layers = layers_of(x, parameters, direction, last);
    const bool transposed = direction == Direction::transposed;
    std::vector<LayerPass> passes;
    tensor_list saved = {x};
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const ConvShape& s = layers[i].shape;
      passes.emplace_back(layers[i], direction, parameters[2 * i], read(parameters[2 * i + 1]));
      const auto shape = transposed
                             ? std::array{s.input_channels, s.input_rows, s.input_columns}
                             : std::array{s.output_channels, s.output_rows, s.output_columns};
      saved.push_back(torch::empty({x.size(0), shape[0], shape[1], shape[2]}, x.options(),
                                   torch::MemoryFormat::ChannelsLast));
    }
    for_slabs(layers, x.size(0), [&](std::int64_t first, std::int64_t images) {
      for (std::size_t i = 0; i < layers.size(); ++i)
        passes[i](images, read(saved[i]) + first * layers[i].in, layers[i].relu,
                  saved[i + 1].data_ptr<float>() + first * layers[i].out);
    });
    // An alias: a result that its own node kept would keep itself alive.
    Tensor y = saved.back().alias();
    if (last == Activation::none) saved.back() = Tensor();  // nothing asks for it again
    saved.insert(saved.end(), parameters.begin(), parameters.end());
    context->save_for_backward(saved);
    context->saved_data["transposed"] = transposed;
    context->saved_data["relu"] = last == Activation::relu;
    return y;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const std::size_t count = saved.size() / 3;  // x and results; a weight and a bias each
    const Tensor& x = saved[0];
    const tensor_list parameters(saved.begin() + static_cast<std::ptrdiff_t>(count) + 1,
                                 saved.end());
    const bool transposed = context->saved_data["transposed"].toBool();
    const Direction direction = transposed ? Direction::transposed : Direction::convolution;
    const std::vector<Layer> layers =
        layers_of(x, parameters, direction,
                  context->saved_data["relu"].toBool() ? Activation::relu : Activation::none);
    const Tensor dy = channels_last(gradients[0]);

    std::vector<std::optional<LayerPass>> back(count);  // to the layer's input
    std::vector<PerThread> dw, db;
    bool to_parameters = false;
    std::int64_t largest = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto& [shape, kernels, relu, in, out] = layers[i];
      largest = std::max({largest, in, out});
      to_parameters = to_parameters || context->needs_input_grad(1 + 2 * i) ||
                      context->needs_input_grad(2 + 2 * i);
      if (i > 0 || context->needs_input_grad(0))
        back[i].emplace(layers[i], opposite(direction), parameters[2 * i], nullptr);
      dw.emplace_back(
          std::array{shape.kernel, shape.kernel, shape.input_channels, shape.output_channels},
          x.options());
      db.emplace_back(std::array{transposed ? shape.input_channels : shape.output_channels},
                      x.options());
    }
    const Tensor dx = back[0] ? torch::empty_like(x) : Tensor();
    for_slabs(layers, x.size(0), [&](std::int64_t first, std::int64_t images) {
      // Gradients between the layers, after and before an activation; reused by later calls.
      thread_local std::vector<float> after, before;
      const auto most = static_cast<std::size_t>(images * largest);
      for (auto* memory : {&after, &before})
        if (memory->size() < most) memory->resize(most);
      const float* d = read(dy) + first * layers.back().out;
      for (std::size_t i = count; i-- > 0;) {
        const auto& [shape, kernels, relu, in, out] = layers[i];
        const float* input = read(saved[i]) + first * in;
        if (relu) {
          relu_backward(images * out, read(saved[i + 1]) + first * out, d, before.data());
          d = before.data();
        }
        if (to_parameters) {
          kernels->backward_weight(shape, images, transposed ? d : input, transposed ? input : d,
                                   dw[i].mine());
          const std::int64_t channels = transposed ? shape.input_channels : shape.output_channels;
          add_rows(images * out / channels, channels, d, db[i].mine());
        }
        if (!back[i]) break;
        float* to = i > 0 ? after.data() : dx.data_ptr<float>() + first * in;
        (*back[i])(images, d, false, to);
        d = to;
      }
    });
    tensor_list results = {dx};
    for (std::size_t i = 0; i < count; ++i) {
      results.push_back(to_parameters ? as_weight(dw[i].sum()) : Tensor());
      results.push_back(to_parameters ? db[i].sum() : Tensor());
    }
    results.resize(results.size() + 2);  // settings
    return results;
  }
};

bool have_kernels(const Tensor& x, at::TensorList parameters, Direction direction) {
  for (std::size_t i = 0; i < parameters.size(); i += 2)
    if (parameters[i].size(2) != parameters[i].size(3)) return false;
  return applies(x) &&
         std::ranges::all_of(layers_of(x, parameters, direction, Activation::none),
                             [](const Layer& layer) { return layer.kernels != nullptr; });
}

}  // namespace

bool direct_conv2d_applies(const Tensor& x, at::TensorList layers) {
  return have_kernels(x, layers, Direction::convolution);
}

bool direct_conv_transpose2d_applies(const Tensor& x, at::TensorList layers) {
  return have_kernels(x, layers, Direction::transposed);
}

Tensor direct_conv2d(const Tensor& x, at::TensorList layers, Activation last) {
  return DirectStack::apply(x, layers, last, Direction::convolution);
}

Tensor direct_conv_transpose2d(const Tensor& x, at::TensorList layers, Activation last) {
  return DirectStack::apply(x, layers, last, Direction::transposed);
}

}  // namespace dreamer::ops
