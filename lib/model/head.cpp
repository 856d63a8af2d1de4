#include "model/head.h"

#include "ops/distributions.h"

namespace dreamer {

using torch::Tensor;

Tensor masked_mean(const Tensor& x, const Tensor& mask) { return (x * mask).sum() / mask.sum(); }

LossTerm RewardHead::loss(const Tensor& feature, const Sequences& batch) const {
  return {"reward", masked_mean(unit_normal_nll(predict(feature), batch.reward), batch.mask),
          scale_, kHalfLogTwoPi};
}

LossTerm DiscountHead::loss(const Tensor& feature, const Sequences& batch) const {
  const Tensor logit = forward(feature).squeeze(-1);
  return {"discount", masked_mean(bernoulli_nll(logit, in_target_ * batch.discount), batch.mask),
          scale_};
}

}  // namespace dreamer
