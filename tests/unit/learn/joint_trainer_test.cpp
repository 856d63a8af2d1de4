#include "update/joint_trainer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "agent/snapshot.h"

namespace dreamer {
namespace {

using torch::Tensor;

constexpr std::int64_t kSeed = 3, kActions = 2;
constexpr ImageShape kImage{64, 64, 3};

Signature signature_of_task() {
  Signature signature;
  signature.task = "a_task";
  signature.observations = {image_space(kImage)};
  signature.action.shape = {kActions};
  signature.frames_per_step = 2;
  return signature;
}

Config small_config() {
  Config c;
  c.model.depth = 2;
  c.model.stoch = 5;
  c.model.deter = 7;
  c.model.hidden = 6;
  c.model.units = 8;
  c.behavior.units = 8;
  c.behavior.horizon = 4;
  c.behavior.imagination_starts = 6;
  return c;
}

data::Batch batch_of(std::int64_t rows, std::int64_t length) {
  data::Batch batch;
  batch.batch = rows;
  batch.length = length;
  batch.signature = signature_of_task();
  const auto n = static_cast<std::size_t>(rows * length);
  for (std::size_t i = 0; i < n * static_cast<std::size_t>(kImage.size()); ++i)
    batch.images["image"].push_back(static_cast<std::uint8_t>(i * 2654435761U >> 24));
  for (std::size_t i = 0; i < n * kActions; ++i)
    batch.action.push_back(std::sin(static_cast<float>(i)));
  for (std::size_t i = 0; i < n; ++i) batch.reward.push_back(std::cos(static_cast<float>(i)));
  batch.discount.assign(n, 1.0F);
  batch.mask.assign(n, 1.0F);
  batch.mask.back() = 0;
  return batch;
}

/// A new agent, the same at every call.
struct Agent {
  Config config = small_config();
  std::shared_ptr<WorldModel> model;
  std::shared_ptr<ActorCritic> behavior;

  Agent() {
    torch::manual_seed(1);
    model = std::make_shared<WorldModel>(config.model, signature_of_task());
    behavior = std::make_shared<ActorCritic>(config.behavior, config.model.feature(),
                                             signature_of_task().action);
  }
};

void expect_same(const torch::nn::Module& one, const torch::nn::Module& other) {
  const auto a = one.named_parameters(), b = other.named_parameters();
  for (const auto& item : a)
    EXPECT_TRUE(torch::equal(item.value(), b[item.key()])) << item.key() << " differs";
}

TEST(FrozenView, SharesTheNumbersAndAsksForNoGradients) {
  const Agent a;
  const auto view = frozen_view(*a.model);
  for (std::size_t i = 0; i < view->parameters().size(); ++i) {
    EXPECT_EQ(view->parameters()[i].data_ptr(), a.model->parameters()[i].data_ptr());
    EXPECT_FALSE(view->parameters()[i].requires_grad());
    EXPECT_TRUE(a.model->parameters()[i].requires_grad());
  }
}

TEST(PolicySnapshot, StaysAsItWas) {
  const Agent a;
  const PolicySnapshot frozen(*a.model, *a.behavior);
  const std::string before = frozen.digest();
  {
    const torch::NoGradGuard no_grad;
    a.model->parameters()[0].add_(1);
  }
  EXPECT_EQ(frozen.digest(), before);
  EXPECT_NE(PolicySnapshot(*a.model, *a.behavior).digest(), before);
}

// Two updates of the joint trainer against the separate ones, which are given the same noise and
// the same starts, with all gradients taken before either makes its step.
TEST(JointTrainer, TakesAllThreeLossesAtTheSameParameters) {
  const Agent joint, separate;
  JointTrainer trainer(joint.model, joint.behavior, joint.config, kSeed, torch::kCPU);
  ModelTrainer model(separate.model, separate.config, kSeed, torch::kCPU);
  BehaviorTrainer behavior(frozen_view(*separate.model), separate.behavior, kSeed, torch::kCPU);
  const data::Batch batch = batch_of(3, 5);
  for (std::uint64_t update = 0; update < 2; ++update) {
    const Json metrics = trainer.compute(batch, update)->apply();

    const auto m = model.compute_model(batch, update);
    const auto b = behavior.compute_from(
        behavior.choose_starts(m->loss.states.latent.detach(), m->batch.mask, update), update);
    EXPECT_EQ(b->start.stoch.size(0), 6);
    EXPECT_EQ(metrics["model"]["gradient_norm"], m->norm);
    EXPECT_EQ(metrics["behavior"]["actor_gradient_norm"], b->actor_norm);
    EXPECT_EQ(metrics["behavior"]["value_gradient_norm"], b->value_norm);
    EXPECT_EQ(metrics["model"], m->apply());
    EXPECT_EQ(metrics["behavior"], b->apply());
    expect_same(*joint.model, *separate.model);
    expect_same(*joint.behavior, *separate.behavior);
  }
}

// Rows are numbered by their value; the second sequence has two rows of padding.
TEST(BehaviorTrainer, LeavesOutTheLastStartOfASequenceIfSo) {
  Agent agent;
  agent.behavior->config.imagination_starts = 0;
  const Tensor number = torch::arange(8, torch::kFloat32).view({2, 4, 1});
  const Tensor mask = torch::tensor({1.0F, 1.0F, 1.0F, 1.0F, 1.0F, 1.0F, 0.0F, 0.0F}).view({2, 4});
  const auto starts = [&](const Tensor& of) {
    const BehaviorTrainer trainer(agent.model, agent.behavior, kSeed, torch::kCPU);
    return trainer.choose_starts({number, number}, of, 0).stoch.flatten();
  };
  EXPECT_TRUE(starts(mask).equal(torch::arange(6, torch::kFloat32)));
  agent.behavior->config.drop_last_start = true;
  EXPECT_TRUE(starts(mask).equal(torch::tensor({0.0F, 1.0F, 2.0F, 4.0F})));
  // Sequences of one row are all that there is to start from.
  const Tensor first = torch::tensor({1.0F, 0.0F, 0.0F, 0.0F, 1.0F, 0.0F, 0.0F, 0.0F}).view({2, 4});
  EXPECT_TRUE(starts(first).equal(torch::tensor({0.0F, 4.0F})));
}

TEST(JointTrainer, TellsThePhasesOfAnUpdateToWhoTimesThem) {
  const Agent joint;
  JointTrainer trainer(joint.model, joint.behavior, joint.config, kSeed, torch::kCPU);
  std::vector<std::string> phases;
  trainer.time_phases([&](const char* phase) { phases.emplace_back(phase); });
  trainer.compute(batch_of(2, 4), 0)->apply();
  EXPECT_EQ(phases, (std::vector<std::string>{"batch and noise", "model forward", "model backward",
                                              "optimizers", "batch and noise", "imagination",
                                              "actor backward", "value backward", "optimizers",
                                              "optimizers"}));
}

TEST(JointTrainer, BehaviorLeavesTheModelsGradientAlone) {
  const Agent joint, alone;
  JointTrainer trainer(joint.model, joint.behavior, joint.config, kSeed, torch::kCPU);
  ModelTrainer model(alone.model, alone.config, kSeed, torch::kCPU);
  for (std::uint64_t update = 0; update < 3; ++update) {
    trainer.compute(batch_of(3, 5), update)->apply();
    model.compute(batch_of(3, 5), update)->apply();
  }
  expect_same(*joint.model, *alone.model);
}

TEST(JointTrainer, CountsOnFromItsCheckpoints) {
  const Agent late;
  late.behavior->config.actor_delay = 10;
  const Agent untouched;
  JointTrainer trainer(late.model, late.behavior, late.config, kSeed, torch::kCPU);
  trainer.set_begin({.model = 50, .behavior = 9});
  trainer.compute(batch_of(2, 4), 0)->apply();
  expect_same(*late.behavior->actor, *untouched.behavior->actor);  // update 9 of the behavior
  trainer.compute(batch_of(2, 4), 1)->apply();
  EXPECT_FALSE(torch::equal(late.behavior->actor->parameters()[0],
                            untouched.behavior->actor->parameters()[0]));
}

TEST(JointTrainer, SaysWhichLossIsNotFiniteAndChangesNothing) {
  const Agent a, untouched;
  JointTrainer trainer(a.model, a.behavior, a.config, kSeed, torch::kCPU);
  data::Batch batch = batch_of(2, 4);
  batch.reward[0] = 3e38F;  // finite, but its square is not
  EXPECT_FALSE(trainer.compute(batch, 0)->nonfinite().empty());
  expect_same(*a.model, *untouched.model);
  expect_same(*a.behavior, *untouched.behavior);
}

}  // namespace
}  // namespace dreamer
