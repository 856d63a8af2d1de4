#include "update/adam.h"

#include <gtest/gtest.h>

#include <cmath>

namespace dreamer {
namespace {

using torch::Tensor;

TEST(Adam, FollowsTheFormOfThePublishedAgents) {
  Tensor p = torch::tensor({1.0F, -2.0F});
  Adam adam({{"p", p}},
            {.learning_rate = 0.1, .beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-3, .clip = 1e9});
  double m = 0, v = 0, expected = 1.0;
  for (int t = 1; t <= 5; ++t) {
    const double g = 0.3 * t;
    m = 0.9 * m + 0.1 * g;
    v = 0.99 * v + 0.01 * g * g;
    expected -=
        0.1 * std::sqrt(1 - std::pow(0.99, t)) / (1 - std::pow(0.9, t)) * m / (std::sqrt(v) + 1e-3);
    adam.step({torch::tensor({static_cast<float>(g), 0.0F})}, std::abs(g));
    EXPECT_NEAR(p[0].item<double>(), expected, 1e-5);
  }
  EXPECT_EQ(p[1].item<float>(), -2.0F);
  EXPECT_EQ(adam.steps(), 5);
}

TEST(Adam, ClipsTheNormOfTheWholeGradient) {
  Tensor a = torch::zeros({1}), b = torch::zeros({1});
  Adam adam({{"a", a}, {"b", b}},
            {.learning_rate = 1, .beta1 = 0, .beta2 = 0, .epsilon = 1e6, .clip = 1});
  const std::vector<Tensor> g = {torch::tensor({3.0F}), torch::tensor({4.0F})};
  EXPECT_NEAR(gradient_norm(g), 5.0, 1e-6);
  adam.step(g, 5.0);
  // With so large an epsilon the step is the clipped gradient's first moment over it.
  EXPECT_NEAR(a.item<double>() / b.item<double>(), 0.75, 1e-5);
  EXPECT_NEAR(adam.first_moments()[0].item<double>(), 0.6, 1e-6);
}

TEST(Gradients, AreZeroForWhatTheLossDoesNotDependOn) {
  Tensor a = torch::ones({2}, torch::requires_grad()), b = torch::ones({3}, torch::requires_grad());
  const auto g = gradients(a.sum(), {a, b});
  EXPECT_EQ(g[1].sizes(), b.sizes());
  EXPECT_EQ(g[1].abs().sum().item<float>(), 0);
}

}  // namespace
}  // namespace dreamer
