#include "fused/direct_convolution.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include <ATen/Parallel.h>

#include "fused/direct_kernels.h"
#include "fused/per_thread.h"
#include "fused/pointwise.h"
#include "fused/rows.h"

namespace dreamer::fused {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

namespace {

constexpr std::int64_t kSlab = std::int64_t{1} << 16;  // floats of wide pictures at once: 256 KB

Tensor channels_last(const Tensor& x) { return x.contiguous(torch::MemoryFormat::ChannelsLast); }
// The weight [narrow,wide,k,k], which both kinds of layers have, in the order of patches: [K,c] and
// [c,K]; and back from [K,c].
Tensor by_patch(const Tensor& weight) { return weight.permute({2, 3, 1, 0}).contiguous(); }
Tensor by_channel(const Tensor& weight) { return weight.permute({0, 2, 3, 1}).contiguous(); }
Tensor as_weight(const Tensor& matrix) { return matrix.permute({3, 2, 0, 1}).contiguous(); }

/// A convolution narrows a picture, a transposed one widens it.
enum class Direction { narrowing, widening };
Direction opposite(Direction direction) {
  return direction == Direction::narrowing ? Direction::widening : Direction::narrowing;
}

/// The grid of a layer that takes pictures of this size.
PatchGrid grid_of(std::int64_t rows, std::int64_t columns, const Tensor& weight,
                  Direction direction) {
  constexpr std::int64_t kStride = 2;
  const std::int64_t k = weight.size(2), narrow = weight.size(0), wide = weight.size(1);
  if (direction == Direction::narrowing)
    return {rows,   columns, wide,   (rows - k) / kStride + 1, (columns - k) / kStride + 1,
            narrow, k,       kStride};
  return {(rows - 1) * kStride + k,
          (columns - 1) * kStride + k,
          wide,
          rows,
          columns,
          narrow,
          k,
          kStride};
}

/// One layer of a stack: how its pictures lie, its kernels (null if there are none), and how many
/// numbers an image has on both sides.
struct Layer {
  PatchGrid grid;
  const DirectKernels* kernels;
  bool relu;
  std::int64_t in, out;
};

/// A layer's products in one direction, with the weight laid out for it.
class Products {
 public:
  /// @param bias [channels of the results] or null
  Products(const Layer& layer, Direction direction, const Tensor& weight, const float* bias)
      : grid_(layer.grid), kernels_(*layer.kernels), bias_(bias) {
    if (direction == Direction::narrowing) {
      matrix_ = by_patch(weight);
    } else {
      ordered_.resize(static_cast<std::size_t>(kernels_.ordered));
      kernels_.order(read(by_channel(weight)), bias, ordered_.data());
    }
  }

  void operator()(std::int64_t images, const float* from, bool relu, float* to) const {
    if (matrix_.defined())
      kernels_.narrow_from_wide(grid_, images, from, read(matrix_), bias_, relu, to);
    else
      kernels_.wide_from_narrow(grid_, images, from, ordered_.data(), relu, to);
  }

 private:
  PatchGrid grid_;
  const DirectKernels& kernels_;
  const float* bias_;
  Tensor matrix_;               // narrowing
  std::vector<float> ordered_;  // widening, the bias among it
};

/// Weight and bias of each layer in turn; the last one's activation is `last`.
std::vector<Layer> layers_of(const Tensor& x, at::TensorList parameters, Direction direction,
                             Activation last) {
  std::vector<Layer> layers;
  std::int64_t rows = x.size(2), columns = x.size(3);
  for (std::size_t i = 0; i < parameters.size(); i += 2) {
    const PatchGrid g = grid_of(rows, columns, parameters[i], direction);
    const bool narrows = direction == Direction::narrowing;
    layers.push_back({g, direct_kernels(g), i + 2 < parameters.size() || last == Activation::relu,
                      narrows ? g.wide() : g.narrow(), narrows ? g.narrow() : g.wide()});
    rows = narrows ? g.narrow_rows : g.wide_rows;
    columns = narrows ? g.narrow_columns : g.wide_columns;
  }
  return layers;
}

// Calls work(first image, images) for slabs of all `n` images, shared out among the threads.
template <class Work>
void for_slabs(const std::vector<Layer>& layers, std::int64_t n, const Work& work) {
  std::int64_t widest = 1;
  for (const Layer& layer : layers) widest = std::max(widest, layer.grid.wide());
  const std::int64_t fit = std::max<std::int64_t>(1, kSlab / widest);
  at::parallel_for(0, n, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t first = begin; first < end; first += fit)
      work(first, std::min(fit, end - first));
  });
}

// All layers take a slab of images before the next slab, so that pictures between them are still in
// the cache.
struct DirectStack : torch::autograd::Function<DirectStack> {
  static Tensor forward(AutogradContext* context, const Tensor& pictures, at::TensorList parameters,
                        Activation last, Direction direction) {
    const Tensor x = channels_last(pictures);
    const std::vector<Layer> layers = layers_of(x, parameters, direction, last);
    const bool narrows = direction == Direction::narrowing;
    std::vector<Products> products;
    tensor_list saved = {x};
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const PatchGrid& g = layers[i].grid;
      products.emplace_back(layers[i], direction, parameters[2 * i], read(parameters[2 * i + 1]));
      const auto shape = narrows ? std::array{g.narrow_channels, g.narrow_rows, g.narrow_columns}
                                 : std::array{g.wide_channels, g.wide_rows, g.wide_columns};
      saved.push_back(torch::empty({x.size(0), shape[0], shape[1], shape[2]}, x.options(),
                                   torch::MemoryFormat::ChannelsLast));
    }
    for_slabs(layers, x.size(0), [&](std::int64_t first, std::int64_t images) {
      for (std::size_t i = 0; i < layers.size(); ++i)
        products[i](images, read(saved[i]) + first * layers[i].in, layers[i].relu,
                    saved[i + 1].data_ptr<float>() + first * layers[i].out);
    });
    // An alias: a result that its own node kept would keep itself alive.
    Tensor y = saved.back().alias();
    if (last == Activation::none) saved.back() = Tensor();  // nothing asks for it again
    saved.insert(saved.end(), parameters.begin(), parameters.end());
    context->save_for_backward(saved);
    context->saved_data["narrows"] = narrows;
    context->saved_data["relu"] = last == Activation::relu;
    return y;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const std::size_t count = saved.size() / 3;  // x and results; a weight and a bias each
    const Tensor& x = saved[0];
    const tensor_list parameters(saved.begin() + static_cast<std::ptrdiff_t>(count) + 1,
                                 saved.end());
    const bool narrows = context->saved_data["narrows"].toBool();
    const Direction direction = narrows ? Direction::narrowing : Direction::widening;
    const std::vector<Layer> layers =
        layers_of(x, parameters, direction,
                  context->saved_data["relu"].toBool() ? Activation::relu : Activation::none);
    const Tensor dy = channels_last(gradients[0]);

    std::vector<std::optional<Products>> back(count);  // to the layer's input
    std::vector<PerThread> dw, db;
    bool to_parameters = false;
    std::int64_t widest = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto& [g, kernels, relu, in, out] = layers[i];
      widest = std::max({widest, in, out});
      to_parameters = to_parameters || context->needs_input_grad(1 + 2 * i) ||
                      context->needs_input_grad(2 + 2 * i);
      if (i > 0 || context->needs_input_grad(0))
        back[i].emplace(layers[i], opposite(direction), parameters[2 * i], nullptr);
      dw.emplace_back(std::array{g.kernel, g.kernel, g.wide_channels, g.narrow_channels},
                      x.options());
      db.emplace_back(std::array{narrows ? g.narrow_channels : g.wide_channels}, x.options());
    }
    const Tensor dx = back[0] ? torch::empty_like(x) : Tensor();
    for_slabs(layers, x.size(0), [&](std::int64_t first, std::int64_t images) {
      // Gradients between the layers, after and before an activation; kept from call to call.
      thread_local std::vector<float> after, before;
      const auto most = static_cast<std::size_t>(images * widest);
      for (auto* memory : {&after, &before})
        if (memory->size() < most) memory->resize(most);
      const float* d = read(dy) + first * layers.back().out;
      for (std::size_t i = count; i-- > 0;) {
        const auto& [g, kernels, relu, in, out] = layers[i];
        const float* input = read(saved[i]) + first * in;
        if (relu) {
          relu_backward(images * out, read(saved[i + 1]) + first * out, d, before.data());
          d = before.data();
        }
        if (to_parameters) {
          kernels->add_weight_gradient(g, images, narrows ? input : d, narrows ? d : input,
                                       dw[i].mine());
          const std::int64_t channels = narrows ? g.narrow_channels : g.wide_channels;
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
  return applies(x) &&
         std::ranges::all_of(layers_of(x, parameters, direction, Activation::none),
                             [](const Layer& layer) { return layer.kernels != nullptr; });
}

}  // namespace

bool convolves_directly(const Tensor& x, at::TensorList layers) {
  return have_kernels(x, layers, Direction::narrowing);
}

bool transposes_directly(const Tensor& x, at::TensorList layers) {
  return have_kernels(x, layers, Direction::widening);
}

Tensor direct_conv2d(const Tensor& x, at::TensorList layers, Activation last) {
  return DirectStack::apply(x, layers, last, Direction::narrowing);
}

Tensor direct_conv_transpose2d(const Tensor& x, at::TensorList layers, Activation last) {
  return DirectStack::apply(x, layers, last, Direction::widening);
}

}  // namespace dreamer::fused
