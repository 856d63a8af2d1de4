#include "behavior/returns.h"

#include <gtest/gtest.h>

namespace dreamer {
namespace {

using torch::Tensor;

// Equation 6 of the paper written out: V_λ = (1−λ) Σ_{n=1}^{H−1} λ^{n−1} V^n + λ^{H−1} V^H, with
// V^n = n rewards, discounted, and then the value. An independent O(H²) sum.
Tensor direct_sum(const Tensor& r, const Tensor& v, const Tensor& d, double lambda) {
  const std::int64_t horizon = r.size(0);
  std::vector<Tensor> returns;
  for (std::int64_t i = 0; i + 1 < horizon; ++i) {
    Tensor total = torch::zeros_like(r[0]);
    Tensor rewards = torch::zeros_like(r[0]), discount = torch::ones_like(r[0]);
    double weight = 1;
    for (std::int64_t k = i; k + 1 < horizon; ++k) {
      rewards = rewards + discount * r[k];
      discount = discount * d[k];
      const bool last = k + 2 == horizon;
      total = total + weight * (last ? 1.0 : 1 - lambda) * (rewards + discount * v[k + 1]);
      weight *= lambda;
    }
    returns.push_back(total);
  }
  return torch::stack(returns);
}

TEST(LambdaReturns, EqualTheSumOfAllNStepReturns) {
  torch::manual_seed(1);
  const Tensor r = torch::randn({15, 7}, torch::kFloat64), v = torch::randn_like(r),
               d = torch::rand_like(r);
  for (const double lambda : {0.0, 0.5, 0.95, 1.0})
    EXPECT_LT(
        (lambda_returns(r, v, d, lambda) - direct_sum(r, v, d, lambda)).abs().max().item<double>(),
        1e-12);
}

TEST(LambdaReturns, OfTwoStepsAreRewardAndDiscountedValue) {
  const Tensor r = torch::tensor({{1.0}, {5.0}}), v = torch::tensor({{7.0}, {3.0}}),
               d = torch::tensor({{0.5}, {0.9}});
  EXPECT_DOUBLE_EQ(lambda_returns(r, v, d, 0.95).item<double>(), 1 + 0.5 * 3);
}

TEST(LambdaReturns, CarryGradientsOfRewardValueAndDiscount) {
  Tensor r = torch::ones({4, 1}, torch::requires_grad()),
         v = torch::ones({4, 1}, torch::requires_grad()),
         d = torch::full({4, 1}, 0.9, torch::requires_grad());
  lambda_returns(r, v, d, 0.95).sum().backward();
  EXPECT_GT(r.grad()[0].item<float>(), 0);
  EXPECT_GT(v.grad()[3].item<float>(), 0);
  EXPECT_GT(d.grad()[1].item<float>(), 0);
  EXPECT_EQ(r.grad()[3].item<float>(), 0) << "the last reward lies behind the horizon";
}

TEST(StepWeights, AreTheDiscountsBeforeAStep) {
  Tensor d = torch::tensor({{0.5F}, {0.25F}, {0.125F}, {0.1F}}, torch::requires_grad());
  const Tensor w = step_weights(d);
  ASSERT_EQ(w.sizes(), (std::vector<std::int64_t>{3, 1}));
  EXPECT_FLOAT_EQ(w[0].item<float>(), 1);
  EXPECT_FLOAT_EQ(w[1].item<float>(), 0.5);
  EXPECT_FLOAT_EQ(w[2].item<float>(), 0.125);
  EXPECT_FALSE(w.requires_grad());
}

}  // namespace
}  // namespace dreamer
