#include "ops/images.h"

#include <ATen/Parallel.h>

#include "ops/pointwise.h"
#include "ops/reference.h"
#include "ops/rows.h"

namespace dreamer::ops {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

namespace {

constexpr std::int64_t kFewest = 8;  // images of a thread

// Channels innermost, where the convolutions leave them.
Tensor as_rows(const Tensor& x) {
  return x.movedim(-3, -1).flatten(0, -4).flatten(1).contiguous();  // [N,P]
}

struct HalfSquaredDistance : torch::autograd::Function<HalfSquaredDistance> {
  static Tensor forward(AutogradContext* context, const Tensor& a, const Tensor& b) {
    const Tensor sum = torch::empty({a.size(0)}, a.options());
    const std::int64_t size = a.size(1);
    at::parallel_for(0, a.size(0), kFewest, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n)
        sum.data_ptr<float>()[n] =
            0.5F * squared_distance(size, read(a) + n * size, read(b) + n * size);
    });
    context->save_for_backward({a, b});
    return sum;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &a = saved[0], &b = saved[1], gradient = gradients[0].contiguous();
    const Tensor result = torch::empty_like(a);
    const std::int64_t size = a.size(1);
    at::parallel_for(0, a.size(0), kFewest, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n)
        scaled_difference(size, read(a) + n * size, read(b) + n * size, read(gradient)[n],
                          result.data_ptr<float>() + n * size);
    });
    return {result, Tensor()};
  }
};

}  // namespace

Tensor scaled_images(const Tensor& x, const Tensor& mean, double gain) {
  if (kernels() == Kernels::reference || !x.is_cpu() || x.scalar_type() != torch::kUInt8)
    return reference::scaled_images(x, mean, gain);
  const Tensor bytes = x.contiguous(),
               offset = mean.to(torch::kFloat32).expand(x.sizes().slice(x.dim() - 3)).contiguous();
  const Tensor result = torch::empty(x.sizes(), offset.options());
  const std::int64_t size = offset.numel(), images = x.numel() / size;
  at::parallel_for(0, images, kFewest, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n)
      scaled_bytes(size, bytes.const_data_ptr<std::uint8_t>() + n * size, read(offset),
                   static_cast<float>(gain), result.data_ptr<float>() + n * size);
  });
  return result;
}

Tensor half_squared_distance(const Tensor& a, const Tensor& b) {
  if (!applies(a, {b})) return reference::half_squared_distance(a, b);
  return HalfSquaredDistance::apply(as_rows(a), as_rows(b)).view(a.sizes().slice(0, a.dim() - 3));
}

}  // namespace dreamer::ops
