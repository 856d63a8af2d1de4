#include "fused/direct_convolution.h"

#include <algorithm>
#include <vector>

#include <ATen/Parallel.h>

#include "fused/direct_kernels.h"
#include "fused/per_thread.h"

namespace dreamer::fused {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

namespace {

constexpr std::int64_t kSlab = std::int64_t{1} << 16;  // floats of wide pictures at once: 256 KB

const float* data(const Tensor& x) { return x.const_data_ptr<float>(); }
Tensor channels_last(const Tensor& x) { return x.contiguous(torch::MemoryFormat::ChannelsLast); }
Tensor empty_picture(std::int64_t n, std::int64_t channels, std::int64_t rows, std::int64_t columns,
                     const Tensor& like) {
  return torch::empty({n, channels, rows, columns}, like.options(),
                      torch::MemoryFormat::ChannelsLast);
}
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

// The weight [c,K] and the bias as wide_from_narrow takes them.
std::vector<float> in_order(const DirectKernels& kernels, const Tensor& matrix, const float* bias) {
  std::vector<float> ordered(static_cast<std::size_t>(kernels.ordered));
  kernels.order(data(matrix), bias, ordered.data());
  return ordered;
}

constexpr std::int64_t kStride = 2;

PatchGrid convolution_grid(const Tensor& x, const Tensor& weight) {
  const std::int64_t k = weight.size(2);
  return {x.size(2),
          x.size(3),
          x.size(1),
          (x.size(2) - k) / kStride + 1,
          (x.size(3) - k) / kStride + 1,
          weight.size(0),
          k,
          kStride};
}
PatchGrid transposed_grid(const Tensor& x, const Tensor& weight) {
  const std::int64_t k = weight.size(2);
  return {(x.size(2) - 1) * kStride + k,
          (x.size(3) - 1) * kStride + k,
          weight.size(1),
          x.size(2),
          x.size(3),
          x.size(1),
          k,
          kStride};
}

struct DirectConvolution : torch::autograd::Function<DirectConvolution> {
  static Tensor forward(AutogradContext* context, const Tensor& picture, const Tensor& weight,
                        const Tensor& bias, Activation activation) {
    const Tensor x = channels_last(picture), matrix = by_patch(weight);
    const PatchGrid g = convolution_grid(x, weight);
    const DirectKernels& kernels = *direct_kernels(g);
    Tensor y = empty_picture(x.size(0), g.narrow_channels, g.narrow_rows, g.narrow_columns, x);
    const float *from = data(x), *w = data(matrix), *b = data(bias);
    float* to = y.data_ptr<float>();
    for_slabs(g, x.size(0), [&](std::int64_t first, std::int64_t images) {
      kernels.narrow_from_wide(g, images, from + first * g.wide(), w, b,
                               activation == Activation::relu, to + first * g.narrow());
    });
    context->save_for_backward({x, weight, activation == Activation::relu ? y : Tensor()});
    return y;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], weight = saved[1], y = saved[2];
    const Tensor dy = channels_last(gradients[0]), matrix = by_channel(weight);
    const PatchGrid g = convolution_grid(x, weight);
    const DirectKernels& kernels = *direct_kernels(g);
    const bool to_input = context->needs_input_grad(0), to_weight = context->needs_input_grad(1);
    Tensor dx = to_input ? torch::empty_like(x) : Tensor();
    const PerThread dw({g.kernel, g.kernel, g.wide_channels, g.narrow_channels}, matrix.options());
    const PerThread db({g.narrow_channels}, matrix.options());
    const std::vector<float> ordered =
        to_input ? in_order(kernels, matrix, nullptr) : std::vector<float>();
    const float *from = data(x), *grad = data(dy);
    const float* out = y.defined() ? data(y) : nullptr;
    float* to = to_input ? dx.data_ptr<float>() : nullptr;
    for_slabs(g, x.size(0), [&](std::int64_t first, std::int64_t images) {
      const std::int64_t count = images * g.narrow();
      const float* narrow = before_activation(out, grad, first * g.narrow(), count);
      if (to_weight) {
        kernels.add_weight_gradient(g, images, from + first * g.wide(), narrow, dw.mine());
        add_rows(count / g.narrow_channels, g.narrow_channels, narrow, db.mine());
      }
      if (to_input)
        kernels.wide_from_narrow(g, images, narrow, ordered.data(), false, to + first * g.wide());
    });
    return {dx, to_weight ? as_weight(dw.sum()) : Tensor(), to_weight ? db.sum() : Tensor(),
            Tensor()};
  }
};

struct DirectTransposed : torch::autograd::Function<DirectTransposed> {
  static Tensor forward(AutogradContext* context, const Tensor& picture, const Tensor& weight,
                        const Tensor& bias, Activation activation) {
    const Tensor x = channels_last(picture), matrix = by_channel(weight);
    const PatchGrid g = transposed_grid(x, weight);
    const DirectKernels& kernels = *direct_kernels(g);
    Tensor y = empty_picture(x.size(0), g.wide_channels, g.wide_rows, g.wide_columns, x);
    const std::vector<float> ordered = in_order(kernels, matrix, data(bias));
    const float* from = data(x);
    float* to = y.data_ptr<float>();
    for_slabs(g, x.size(0), [&](std::int64_t first, std::int64_t images) {
      kernels.wide_from_narrow(g, images, from + first * g.narrow(), ordered.data(),
                               activation == Activation::relu, to + first * g.wide());
    });
    context->save_for_backward({x, weight, activation == Activation::relu ? y : Tensor()});
    return y;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], weight = saved[1], y = saved[2];
    const Tensor dy = channels_last(gradients[0]), matrix = by_patch(weight);
    const PatchGrid g = transposed_grid(x, weight);
    const DirectKernels& kernels = *direct_kernels(g);
    const bool to_input = context->needs_input_grad(0), to_weight = context->needs_input_grad(1);
    Tensor dx = to_input ? torch::empty_like(x) : Tensor();
    const PerThread dw(matrix.sizes(), matrix.options()), db({g.wide_channels}, matrix.options());
    const float *from = data(x), *w = data(matrix), *grad = data(dy);
    const float* out = y.defined() ? data(y) : nullptr;
    float* to = to_input ? dx.data_ptr<float>() : nullptr;
    for_slabs(g, x.size(0), [&](std::int64_t first, std::int64_t images) {
      const std::int64_t count = images * g.wide();
      const float* wide = before_activation(out, grad, first * g.wide(), count);
      if (to_weight) {
        kernels.add_weight_gradient(g, images, wide, from + first * g.narrow(), dw.mine());
        add_rows(count / g.wide_channels, g.wide_channels, wide, db.mine());
      }
      if (to_input)
        kernels.narrow_from_wide(g, images, wide, w, nullptr, false, to + first * g.narrow());
    });
    return {dx, to_weight ? as_weight(dw.sum()) : Tensor(), to_weight ? db.sum() : Tensor(),
            Tensor()};
  }
};

bool in_float32(const Tensor& x) { return x.is_cpu() && x.scalar_type() == torch::kFloat32; }

}  // namespace

bool convolves_directly(const Tensor& x, const Tensor& weight) {
  return in_float32(x) && direct_kernels(convolution_grid(x, weight)) != nullptr;
}

bool transposes_directly(const Tensor& x, const Tensor& weight) {
  return in_float32(x) && direct_kernels(transposed_grid(x, weight)) != nullptr;
}

Tensor direct_conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                     Activation activation) {
  return DirectConvolution::apply(x, weight, bias, activation);
}

Tensor direct_conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                               Activation activation) {
  return DirectTransposed::apply(x, weight, bias, activation);
}

}  // namespace dreamer::fused
