#include "behavior/actor.h"

#include <gtest/gtest.h>

#include <cmath>

namespace dreamer {
namespace {

using torch::Tensor;

const Space kAction{.name = "action", .shape = {2}};

TEST(TanhNormal, LogProbabilityIsTheNormalsLessTheLogSlope) {
  torch::manual_seed(2);
  const auto f64 = torch::kFloat64;
  const TanhNormal policy{{torch::randn({50, 3}, f64), torch::rand({50, 3}, f64) + 0.1}};
  const SquashedAction a = policy.sample(torch::randn({50, 3}, f64));
  // In double and away from the bounds the textbook form is exact enough to be the reference.
  const Tensor z = (a.raw - policy.base.mean) / policy.base.stddev;
  const Tensor expected = (-0.5 * z * z - policy.base.stddev.log() - 0.5 * std::log(2 * M_PI) -
                           (1 - a.action.square()).log())
                              .sum(-1);
  EXPECT_LT((policy.log_prob(a.raw) - expected).abs().max().item<double>(), 1e-6);
}

TEST(OneHot, GroupsAreIndependentChoices) {
  torch::manual_seed(3);
  const Tensor first = torch::randn({50, 3}), second = torch::randn({50, 2});
  const OneHot both{torch::cat({first, second}, -1), {3, 2}}, one{first, {3}}, other{second, {2}};
  EXPECT_TRUE(both.entropy().allclose(one.entropy() + other.entropy()));
  EXPECT_TRUE(both.mode().equal(torch::cat({one.mode(), other.mode()}, -1)));
  EXPECT_TRUE(
      both.probabilities().equal(torch::cat({one.probabilities(), other.probabilities()}, -1)));
  const Tensor noise = torch::rand({50, 5});
  EXPECT_TRUE(both.sample(noise).equal(
      torch::cat({one.sample(noise.slice(1, 0, 3)), other.sample(noise.slice(1, 3))}, -1)));
}

TEST(TanhNormal, LogProbabilityIntegratesToOne) {
  const TanhNormal policy{
      {torch::full({1}, 0.3, torch::kFloat64), torch::full({1}, 0.8, torch::kFloat64)}};
  const std::int64_t n = 200001;
  const Tensor action = torch::linspace(-1 + 1e-7, 1 - 1e-7, n, torch::kFloat64).unsqueeze(-1);
  const Tensor density = policy.log_prob(torch::atanh(action)).exp();
  EXPECT_NEAR((density.mean() * 2).item<double>(), 1.0, 1e-4);
}

TEST(TanhNormal, LogProbabilityStaysFiniteWhereTanhRoundsToOne) {
  const TanhNormal policy{{torch::full({2}, 5.0F), torch::full({2}, 5.0F)}};
  const Tensor raw = torch::tensor({40.0F, -40.0F});
  EXPECT_TRUE(policy.log_prob(raw).isfinite().all().item<bool>());
}

TEST(TanhNormal, ModeIsChosenForEachRowByItself) {
  torch::manual_seed(3);
  const TanhNormal two{{torch::tensor({{-1.0F}, {1.0F}}), torch::tensor({{0.5F}, {0.5F}})}};
  const Tensor noise = torch::randn({100, 2, 1});
  const Tensor both = two.mode(noise);
  for (int row = 0; row < 2; ++row) {
    const TanhNormal one{
        {two.base.mean.slice(0, row, row + 1), two.base.stddev.slice(0, row, row + 1)}};
    EXPECT_EQ(one.mode(noise.slice(1, row, row + 1)).item<float>(), both[row].item<float>());
  }
  EXPECT_LT(both[0].item<float>(), 0);
  EXPECT_GT(both[1].item<float>(), 0);
}

TEST(TanhNormal, ModeIsTheLikeliestSample) {
  torch::manual_seed(4);
  const TanhNormal policy{{torch::randn({5, 2}), torch::rand({5, 2}) + 0.2}};
  const Tensor noise = torch::randn({100, 5, 2});
  const SquashedAction all = policy.sample(noise);
  const Tensor best = std::get<0>(policy.log_prob(all.raw).max(0));
  const Tensor chosen = policy.log_prob(torch::atanh(policy.mode(noise).to(torch::kFloat64)));
  EXPECT_LT((chosen - best).abs().max().item<double>(), 1e-2);
}

TEST(Actor, BeginsWithTheConfiguredSpread) {
  BehaviorConfig config;
  config.units = 16;
  for (const double spread : {1.0, 5.0}) {
    config.actor_init_std = spread;
    const Actor actor(config, 10, kAction);
    const TanhNormal policy = actor.forward(torch::zeros({3, 10})).continuous();
    EXPECT_NEAR(policy.base.stddev.mean().item<double>(), spread + 1e-4, 1e-4);
    EXPECT_NEAR(policy.base.mean.abs().max().item<double>(), 0.0, 1e-6);
  }
}

TEST(Actor, MeanStaysWithinItsScale) {
  BehaviorConfig config;
  config.units = 16;
  const Actor actor(config, 10, kAction);
  const TanhNormal policy = actor.forward(1e4 * torch::randn({30, 10})).continuous();
  EXPECT_LE(policy.base.mean.abs().max().item<double>(), 5.0);
}

TEST(OneHot, IsSampledAsOftenAsItsProbabilitiesSay) {
  torch::manual_seed(5);
  const Tensor logits = torch::tensor({0.5F, -1.0F, 2.0F});
  const OneHot policy{logits.expand({20000, 3}), {3}};
  const Tensor sampled = policy.sample(torch::rand({20000, 3}));
  EXPECT_TRUE(torch::equal(sampled.sum(-1), torch::ones({20000})));
  EXPECT_TRUE(((sampled == 0) | (sampled == 1)).all().item<bool>());
  EXPECT_TRUE(torch::allclose(sampled.mean(0), torch::softmax(logits, 0), 0, 0.015));
  EXPECT_TRUE(torch::equal(policy.mode()[0], torch::tensor({0.0F, 0.0F, 1.0F})));
}

TEST(OneHot, ASampleHasTheGradientOfTheProbabilities) {
  torch::manual_seed(6);
  const Tensor logits = torch::randn({4, 3}).requires_grad_(), weights = torch::randn({4, 3});
  const OneHot policy{logits, {logits.size(-1)}};
  const auto gradient = [&](const Tensor& x) {
    return torch::autograd::grad({(x * weights).sum()}, {logits})[0];
  };
  EXPECT_TRUE(torch::allclose(gradient(policy.sample(torch::rand({4, 3}))),
                              gradient(policy.probabilities())));
}

TEST(OneHot, TheNoisesEndsAreFinite) {
  const OneHot policy{torch::zeros({2, 3}), {3}};
  for (const double noise : {0.0, 1 - 6e-8})
    EXPECT_EQ(policy.sample(torch::full({2, 3}, noise)).sum().item<float>(), 2);
  EXPECT_NEAR(policy.entropy()[0].item<double>(), std::log(3.0), 1e-6);
}

}  // namespace
}  // namespace dreamer
