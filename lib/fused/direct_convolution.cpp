#include "fused/direct_convolution.h"

#include <algorithm>
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

// Calls work(first image, images) for slabs of all `n` images, shared out among the threads.
template <class Work>
void for_slabs(const PatchGrid& g, std::int64_t n, const Work& work) {
  const std::int64_t fit = std::max<std::int64_t>(1, kSlab / g.wide());
  at::parallel_for(0, n, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t first = begin; first < end; first += fit)
      work(first, std::min(fit, end - first));
  });
}

// `count` gradients from `offset` on, before the activation that gave y; y is null without one.
const float* before_activation(const float* y, const float* gradient, std::int64_t offset,
                               std::int64_t count) {
  if (y == nullptr) return gradient + offset;
  thread_local std::vector<float> masked;  // kept from call to call
  if (static_cast<std::int64_t>(masked.size()) < count)
    masked.resize(static_cast<std::size_t>(count));
  relu_backward(count, y + offset, gradient + offset, masked.data());
  return masked.data();
}

/// A convolution narrows a picture, a transposed one widens it.
enum class Direction { narrowing, widening };
Direction opposite(Direction direction) {
  return direction == Direction::narrowing ? Direction::widening : Direction::narrowing;
}

PatchGrid grid_of(const Tensor& x, const Tensor& weight, Direction direction) {
  constexpr std::int64_t kStride = 2;
  const std::int64_t k = weight.size(2), rows = x.size(2), columns = x.size(3);
  const std::int64_t narrow = weight.size(0), wide = weight.size(1);
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

/// A layer's products in one direction, with the weight laid out for it.
class Products {
 public:
  /// @param bias [channels of the results] or null
  Products(const PatchGrid& grid, Direction direction, const Tensor& weight, const float* bias)
      : grid_(grid), kernels_(*direct_kernels(grid)), bias_(bias) {
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

struct DirectLayer : torch::autograd::Function<DirectLayer> {
  static Tensor forward(AutogradContext* context, const Tensor& picture, const Tensor& weight,
                        const Tensor& bias, Activation activation, Direction direction) {
    const Tensor x = channels_last(picture);
    const PatchGrid g = grid_of(x, weight, direction);
    const bool widens = direction == Direction::widening, relu = activation == Activation::relu;
    Tensor y = torch::empty(
        {x.size(0), widens ? g.wide_channels : g.narrow_channels,
         widens ? g.wide_rows : g.narrow_rows, widens ? g.wide_columns : g.narrow_columns},
        x.options(), torch::MemoryFormat::ChannelsLast);
    const Products products(g, direction, weight, read(bias));
    const std::int64_t in = x[0].numel(), out = y[0].numel();
    const float* from = read(x);
    float* to = y.data_ptr<float>();
    for_slabs(g, x.size(0), [&](std::int64_t first, std::int64_t images) {
      products(images, from + first * in, relu, to + first * out);
    });
    context->save_for_backward({x, weight, relu ? y : Tensor()});
    context->saved_data["widens"] = widens;
    return y;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], weight = saved[1], y = saved[2];
    const Tensor dy = channels_last(gradients[0]);
    const bool widens = context->saved_data["widens"].toBool();
    const Direction direction = widens ? Direction::widening : Direction::narrowing;
    const PatchGrid g = grid_of(x, weight, direction);
    const DirectKernels& kernels = *direct_kernels(g);
    const std::int64_t in = x[0].numel(), out = dy[0].numel(), channels = dy.size(1);

    const bool to_parameters = context->needs_input_grad(1) || context->needs_input_grad(2);
    const PerThread dw({g.kernel, g.kernel, g.wide_channels, g.narrow_channels}, x.options());
    const PerThread db({channels}, x.options());
    std::optional<Products> back;
    Tensor dx;
    if (context->needs_input_grad(0)) {
      back.emplace(g, opposite(direction), weight, nullptr);
      dx = torch::empty_like(x);
    }
    const float *from = read(x), *gradient = read(dy), *result = y.defined() ? read(y) : nullptr;
    float* to = back ? dx.data_ptr<float>() : nullptr;
    for_slabs(g, x.size(0), [&](std::int64_t first, std::int64_t images) {
      const float* input = from + first * in;
      const float* d = before_activation(result, gradient, first * out, images * out);
      if (to_parameters) {
        kernels.add_weight_gradient(g, images, widens ? d : input, widens ? input : d, dw.mine());
        add_rows(images * out / channels, channels, d, db.mine());
      }
      if (back) (*back)(images, d, false, to + first * in);
    });
    return {dx, to_parameters ? as_weight(dw.sum()) : Tensor(), to_parameters ? db.sum() : Tensor(),
            Tensor(), Tensor()};
  }
};

bool has_kernels(const Tensor& x, const Tensor& weight, Direction direction) {
  return applies(x) && direct_kernels(grid_of(x, weight, direction)) != nullptr;
}

}  // namespace

bool convolves_directly(const Tensor& x, const Tensor& weight) {
  return has_kernels(x, weight, Direction::narrowing);
}

bool transposes_directly(const Tensor& x, const Tensor& weight) {
  return has_kernels(x, weight, Direction::widening);
}

Tensor direct_conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                     Activation activation) {
  return DirectLayer::apply(x, weight, bias, activation, Direction::narrowing);
}

Tensor direct_conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                               Activation activation) {
  return DirectLayer::apply(x, weight, bias, activation, Direction::widening);
}

}  // namespace dreamer::fused
