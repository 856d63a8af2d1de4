#include "ops/adam.h"

#include <algorithm>

#include <ATen/Parallel.h>

#include "ops/pointwise.h"
#include "ops/reference.h"
#include "ops/rows.h"

namespace dreamer::ops {

using torch::Tensor;

void adam(const AdamTensors& t, const AdamStep& step) {
  const torch::NoGradGuard no_grad;
  if (!std::ranges::all_of(t.x, [](const Tensor& x) { return applies(x) && x.is_contiguous(); }))
    return reference::adam(t, step);
  const auto single = [](double x) { return static_cast<float>(x); };
  const AdamCoefficients coefficients{.clip_scale = single(step.clip_scale),
                                      .beta1 = single(step.beta1),
                                      .one_minus_beta1 = single(1 - step.beta1),
                                      .beta2 = single(step.beta2),
                                      .one_minus_beta2 = single(1 - step.beta2),
                                      .rate = single(step.rate),
                                      .epsilon = single(step.epsilon)};
  std::vector<Tensor> gradient;
  std::int64_t total = 0;
  for (const Tensor& g : t.gradient) {
    gradient.push_back(g.contiguous());
    total += g.numel();
  }
  // The values of all parameters as one row, split among the threads.
  constexpr std::int64_t kFewest = 1 << 14;
  at::parallel_for(0, total, kFewest, [&](std::int64_t begin, std::int64_t end) {
    std::int64_t offset = 0;
    for (std::size_t i = 0; i < gradient.size(); offset += gradient[i].numel(), ++i) {
      const std::int64_t first = std::max<std::int64_t>(begin - offset, 0),
                         last = std::min(end - offset, gradient[i].numel());
      if (first >= last) continue;
      adam(last - first, coefficients, read(gradient[i]) + first, t.m[i].data_ptr<float>() + first,
           t.v[i].data_ptr<float>() + first, t.x[i].data_ptr<float>() + first);
    }
  });
}

}  // namespace dreamer::ops
