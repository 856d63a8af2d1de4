#include <gtest/gtest.h>

#include "behavior/actor_critic.h"
#include "behavior/returns.h"
#include "update/adam.h"

namespace dreamer {
namespace {

using torch::Tensor;

struct Small {
  ModelConfig model_config;
  BehaviorConfig config;
  std::shared_ptr<WorldModel> model;
  std::shared_ptr<ActorCritic> behavior;
  Latent start;
  ImaginationNoise noise;

  Small() {
    torch::manual_seed(10);
    model_config.depth = 2;
    model_config.stoch = 5;
    model_config.deter = 7;
    model_config.hidden = 6;
    model_config.units = 8;
    config.units = 8;
    config.horizon = 6;
    Signature signature;
    signature.observations = {image_space({64, 64, 3})};
    signature.action.shape = {2};
    model = std::make_shared<WorldModel>(model_config, signature);
    behavior = std::make_shared<ActorCritic>(config, model_config.feature(),
                                             Space{.name = "action", .shape = {2}});
    start = {torch::randn({4, 5}), torch::randn({4, 7})};
    noise = {torch::randn({6, 4, 2}), torch::randn({6, 4, 5})};
  }
};

TEST(Imagination, LaterRewardsReachEarlierActions) {
  // The method lives on this path; detaching the imagined state kills it silently.
  const Small s;
  Tensor action_noise = s.noise.action.clone().requires_grad_();
  const Imagined im = imagine(*s.model, *s.behavior->actor, *s.behavior->value, s.start,
                              {action_noise, s.noise.prior}, s.config);
  im.reward[5].sum().backward();
  EXPECT_GT(action_noise.grad()[0].abs().sum().item<float>(), 0);
}

TEST(Imagination, GradientsDoNotRunThroughTheActorsInput) {
  const Small s;
  const Latent start{s.start.stoch.clone().requires_grad_(),
                     s.start.deter.clone().requires_grad_()};
  const Imagined im =
      imagine(*s.model, *s.behavior->actor, *s.behavior->value, start, s.noise, s.config);
  const auto grads = torch::autograd::grad({im.action.sum()}, {start.stoch}, {}, true, false, true);
  EXPECT_FALSE(grads[0].defined()) << "an action depends on the state before it by value only";
}

TEST(Imagination, DiscountIsGammaWithoutAHead) {
  Small s;
  s.config.gamma = 0.97;
  const Imagined im =
      imagine(*s.model, *s.behavior->actor, *s.behavior->value, s.start, s.noise, s.config);
  EXPECT_TRUE(im.discount.eq(0.97F).all().item<bool>());
}

TEST(DiscountHead, NeverExceedsGammaWhereItLearnsToContinue) {
  ModelConfig config;
  config.units = 8;
  config.discount_gamma = 0.9;
  const DiscountHead head(config);
  {
    const torch::NoGradGuard no_grad;
    head.named_parameters()["out.bias"].fill_(40);  // sure that episodes never end
  }
  const Tensor feature = torch::zeros({1, config.feature()});
  EXPECT_FLOAT_EQ(head.predict(feature).item<float>(), 1);
  config.discount_target = "continue";
  const DiscountHead bounded(config);
  {
    const torch::NoGradGuard no_grad;
    bounded.named_parameters()["out.bias"].fill_(40);
  }
  EXPECT_FLOAT_EQ(bounded.predict(feature).item<float>(), 0.9F);
}

TEST(BehaviorLoss, FrozenModelGetsNoGradient) {
  const Small s;
  for (Tensor& p : s.model->parameters()) p.set_requires_grad(false);
  const BehaviorLoss loss = s.behavior->loss(*s.model, s.start, s.noise);
  loss.actor.backward({}, true);
  for (const Tensor& p : s.model->parameters()) EXPECT_FALSE(p.grad().defined());
}

TEST(BehaviorLoss, GradientMatchesFiniteDifferences) {
  Small s;
  s.model->to(torch::kFloat64);
  s.behavior->to(torch::kFloat64);
  for (Tensor* t : {&s.start.stoch, &s.start.deter, &s.noise.action, &s.noise.prior})
    *t = t->to(torch::kFloat64);
  // The actor's inputs are constants by design, which finite differences do not know. With two
  // steps and a discount of 0 the return is the first reward, and only one action leads to it.
  s.behavior->config.gamma = 0;
  s.noise.action = s.noise.action.slice(0, 0, 2);
  s.noise.prior = s.noise.prior.slice(0, 0, 2);
  Tensor bias = s.behavior->actor->named_parameters()["out.bias"];
  const auto loss = [&] { return s.behavior->loss(*s.model, s.start, s.noise).actor; };
  const Tensor gradient = gradients(loss(), {bias})[0];
  for (std::int64_t i = 0; i < bias.numel(); ++i) {
    const double h = 1e-5;
    const torch::NoGradGuard no_grad;
    bias[i] += h;
    const double up = loss().item<double>();
    bias[i] -= 2 * h;
    const double down = loss().item<double>();
    bias[i] += h;
    EXPECT_NEAR(gradient[i].item<double>(), (up - down) / (2 * h), 1e-7);
  }
}

TEST(BehaviorLoss, ValueMovesTowardItsTargetAndNotTheTargetTowardIt) {
  const Small s;
  const BehaviorLoss loss = s.behavior->loss(*s.model, s.start, s.noise);
  const Tensor bias = s.behavior->value->named_parameters()["out.bias"];
  const Tensor gradient = gradients(loss.value, {bias})[0];
  // d/db of mean(w·½(v − V)²) with V constant, where dv/db = 1.
  const Tensor error = loss.imagined.value.slice(0, 0, -1) - loss.returns;
  EXPECT_NEAR(gradient.item<double>(), (loss.weight * error).mean().item<double>(), 1e-6);
}

TEST(BehaviorLoss, ReturnsAreDividedByTheirRunningRangeWhereItIsAboveOne) {
  Small s;
  s.config.return_scale = "percentiles";
  ActorCritic scaled(s.config, s.model_config.feature(), Space{.name = "action", .shape = {2}});
  {
    const torch::NoGradGuard no_grad;
    for (const auto& item : s.behavior->named_parameters())
      scaled.named_parameters()[item.key()].copy_(item.value());
  }
  const BehaviorLoss plain = s.behavior->loss(*s.model, s.start, s.noise);
  const double small = scaled.loss(*s.model, s.start, s.noise).actor.item<double>();
  EXPECT_FLOAT_EQ(small, plain.actor.item<float>()) << "a range that begins at 0 divides nothing";

  scaled.return_range.fill_(10);
  const BehaviorLoss loss = scaled.loss(*s.model, s.start, s.noise);
  const double range = 9.9 + 0.01 * percentile_range(plain.returns).item<double>();
  EXPECT_FLOAT_EQ(loss.return_range.item<float>(), range);
  EXPECT_FLOAT_EQ(loss.actor.item<float>(), plain.actor.item<double>() / range);
  EXPECT_TRUE(loss.value.equal(plain.value)) << "what the value learns keeps its scale";
  EXPECT_EQ(scaled.return_range.item<float>(), 10) << "nothing changes before the step";
  scaled.follow(loss);
  EXPECT_FLOAT_EQ(scaled.return_range.item<float>(), range);
}

TEST(ActorCritic, TheSlowCopyOfTheValueFollowsByItsRate) {
  Small s;
  s.config.value_target_rate = 0.25;
  ActorCritic behavior(s.config, s.model_config.feature(), Space{.name = "action", .shape = {2}});
  const Tensor value = behavior.value->named_parameters()["out.weight"],
               slow = behavior.value_target->named_parameters()["out.weight"];
  EXPECT_TRUE(slow.equal(value)) << "it begins as the value";
  const Tensor before = value.detach().clone();
  {
    const torch::NoGradGuard no_grad;
    value.add_(1);
  }
  const BehaviorLoss loss = behavior.loss(*s.model, s.start, s.noise);
  EXPECT_TRUE(slow.equal(before));
  behavior.follow(loss);
  EXPECT_TRUE(slow.allclose(before + 0.25));
  EXPECT_FALSE(slow.requires_grad());
}

TEST(PercentileRange, LeavesATwentiethOutOnEachSide) {
  const Tensor returns = torch::arange(101, torch::kFloat32).view({1, 101});
  EXPECT_FLOAT_EQ(percentile_range(returns).item<float>(), 90);
}

}  // namespace
}  // namespace dreamer
