#include "fused/transposed_convolution.h"

#include <algorithm>
#include <array>
#include <vector>

#include <ATen/Parallel.h>

#include "fused/matrix.h"
#include "fused/patches.h"

namespace dreamer::fused {

using torch::Tensor;

namespace {

constexpr std::int64_t kSlab = std::int64_t{1} << 17;  // floats of patches at once: 512 KB

// Matrix products. Letters: r positions of a slab, c narrow channels, K numbers of a patch; the
// weight is [c,K]. narrow [r,c] += patches [r,K] · weight'
void narrow_from_patches(const PatchGrid& g, std::int64_t r, const float* patches,
                         const float* weight, float beta, float* narrow) {
  gemm(Transpose::no, Transpose::yes, r, g.narrow_channels, g.patch(), patches, weight, beta,
       narrow);
}
// patches [r,K] = narrow [r,c] · weight
void patches_from_narrow(const PatchGrid& g, std::int64_t r, const float* narrow,
                         const float* weight, float* patches) {
  gemm(Transpose::no, Transpose::no, r, g.patch(), g.narrow_channels, narrow, weight, 0.0F,
       patches);
}
// gradient [c,K] += narrow' · patches
void add_weight_gradient(const PatchGrid& g, std::int64_t r, const float* narrow,
                         const float* patches, float* gradient) {
  gemm(Transpose::yes, Transpose::no, g.narrow_channels, g.patch(), r, narrow, patches, 1.0F,
       gradient);
}

const float* data(const Tensor& x) { return x.const_data_ptr<float>(); }
Tensor channels_last(const Tensor& x) { return x.contiguous(torch::MemoryFormat::ChannelsLast); }
Tensor empty_picture(std::int64_t n, std::int64_t channels, std::int64_t rows, std::int64_t columns,
                     const Tensor& like) {
  return torch::empty({n, channels, rows, columns}, like.options(),
                      torch::MemoryFormat::ChannelsLast);
}
// [narrow,wide,k,k], which both kinds of layers have, as [c,K] in the order of a patch; and back.
Tensor as_matrix(const Tensor& weight) { return weight.permute({0, 2, 3, 1}).contiguous(); }
Tensor as_weight(const Tensor& matrix) { return matrix.permute({0, 3, 1, 2}).contiguous(); }

// Calls work(first image, images) for slabs of all `n` images, shared out among the threads.
template <class Work>
void for_slabs(const PatchGrid& g, std::int64_t n, const Work& work) {
  const std::int64_t fit = std::max<std::int64_t>(1, kSlab / (g.positions() * g.patch()));
  at::parallel_for(0, n, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t first = begin; first < end; first += fit)
      work(first, std::min(fit, end - first));
  });
}

// One a thread, so that slabs need not wait for each other; summed in the order of the threads.
class PerThread {
 public:
  PerThread(torch::IntArrayRef shape, const Tensor& like) {
    auto all = shape.vec();
    all.insert(all.begin(), at::get_num_threads());
    parts_ = torch::zeros(all, like.options());
    size_ = parts_.numel() / parts_.size(0);
  }
  [[nodiscard]] float* mine() const {
    return parts_.data_ptr<float>() + at::get_thread_num() * size_;
  }
  [[nodiscard]] Tensor sum() const { return parts_.size(0) == 1 ? parts_[0] : parts_.sum(0); }

 private:
  Tensor parts_;
  std::int64_t size_;
};

// Patches and masked gradients of a slab: kept by each thread from call to call.
float* scratch(std::int64_t size, int which) {
  thread_local std::array<std::vector<float>, 2> buffers;
  auto& buffer = buffers[static_cast<std::size_t>(which)];
  if (static_cast<std::int64_t>(buffer.size()) < size)
    buffer.resize(static_cast<std::size_t>(size));
  return buffer.data();
}

// `count` gradients from `offset` on, before the activation that gave y; y is null without one.
const float* before_activation(const float* y, const float* gradient, std::int64_t offset,
                               std::int64_t count) {
  if (y == nullptr) return gradient + offset;
  float* masked = scratch(count, 1);
  relu_backward(count, y + offset, gradient + offset, masked);
  return masked;
}

struct TransposedConvolution : torch::autograd::Function<TransposedConvolution> {
  static PatchGrid grid(const Tensor& x, const Tensor& weight, std::int64_t stride) {
    const std::int64_t k = weight.size(2);
    return {(x.size(2) - 1) * stride + k,
            (x.size(3) - 1) * stride + k,
            weight.size(1),
            x.size(2),
            x.size(3),
            x.size(1),
            k,
            stride};
  }

  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& picture,
                        const Tensor& weight, const Tensor& bias, std::int64_t stride,
                        Activation activation) {
    const Tensor x = channels_last(picture), matrix = as_matrix(weight);
    const PatchGrid g = grid(x, weight, stride);
    Tensor y = empty_picture(x.size(0), g.wide_channels, g.wide_rows, g.wide_columns, x);
    const float *from = data(x), *w = data(matrix), *b = data(bias);
    float* to = y.data_ptr<float>();
    for_slabs(g, x.size(0), [&](std::int64_t first, std::int64_t images) {
      const std::int64_t r = images * g.positions(), count = images * g.wide();
      float* patches = scratch(r * g.patch(), 0);
      float* out = to + first * g.wide();
      patches_from_narrow(g, r, from + first * g.narrow(), w, patches);
      fill_rows(b, count / g.wide_channels, g.wide_channels, out);
      scatter_patches(g, images, patches, out);
      if (activation == Activation::relu) relu(count, out);
    });
    context->save_for_backward({x, weight, activation == Activation::relu ? y : Tensor()});
    context->saved_data["stride"] = stride;
    return y;
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               torch::autograd::tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], weight = saved[1], y = saved[2];
    const Tensor dy = channels_last(gradients[0]), matrix = as_matrix(weight);
    const PatchGrid g = grid(x, weight, context->saved_data["stride"].toInt());
    const bool to_input = context->needs_input_grad(0), to_weight = context->needs_input_grad(1);
    Tensor dx = to_input ? torch::empty_like(x) : Tensor();
    const PerThread dw(matrix.sizes(), matrix), db({g.wide_channels}, matrix);
    const float *from = data(x), *w = data(matrix), *grad = data(dy);
    const float* out = y.defined() ? data(y) : nullptr;
    float* to = to_input ? dx.data_ptr<float>() : nullptr;
    for_slabs(g, x.size(0), [&](std::int64_t first, std::int64_t images) {
      const std::int64_t r = images * g.positions(), count = images * g.wide();
      float* patches = scratch(r * g.patch(), 0);
      const float* wide = before_activation(out, grad, first * g.wide(), count);
      gather_patches(g, images, wide, patches);
      if (to_weight) {
        add_weight_gradient(g, r, from + first * g.narrow(), patches, dw.mine());
        add_rows(count / g.wide_channels, g.wide_channels, wide, db.mine());
      }
      if (to_input) narrow_from_patches(g, r, patches, w, 0.0F, to + first * g.narrow());
    });
    return {dx, to_weight ? as_weight(dw.sum()) : Tensor(), to_weight ? db.sum() : Tensor(),
            Tensor(), Tensor()};
  }
};

// Whether the hand-written kernels apply.
bool applies(const Tensor& x) { return x.is_cpu() && x.scalar_type() == torch::kFloat32; }

Tensor activate(const Tensor& x, Activation activation) {
  return activation == Activation::relu ? torch::relu(x) : x;
}

}  // namespace

Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                        std::int64_t stride, Activation activation) {
  if (!applies(x)) return activate(torch::conv_transpose2d(x, weight, bias, stride), activation);
  return TransposedConvolution::apply(x, weight, bias, stride, activation);
}

}  // namespace dreamer::fused
