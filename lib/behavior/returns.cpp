#include "behavior/returns.h"

#include <algorithm>
#include <vector>

namespace dreamer {

using torch::Tensor;

Tensor lambda_returns(const Tensor& reward, const Tensor& value, const Tensor& discount,
                      double lambda) {
  const std::int64_t last = reward.size(0) - 1;
  std::vector<Tensor> returns;
  Tensor next = value[last];
  for (std::int64_t i = last - 1; i >= 0; --i) {
    next = reward[i] + discount[i] * ((1 - lambda) * value[i + 1] + lambda * next);
    returns.push_back(next);
  }
  std::ranges::reverse(returns);
  return torch::stack(returns);
}

Tensor percentile_range(const Tensor& returns) {
  const Tensor flat = returns.detach().flatten();
  return flat.quantile(0.95) - flat.quantile(0.05);
}

Tensor step_weights(const Tensor& discount) {
  const Tensor d = discount.detach();
  const Tensor before = torch::cat({torch::ones_like(d.slice(0, 0, 1)), d.slice(0, 0, -2)});
  return before.cumprod(0);
}

}  // namespace dreamer
