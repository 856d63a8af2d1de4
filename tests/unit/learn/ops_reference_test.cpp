#include "ops/reference.h"

#include "behavior/actor_critic.h"
#include "ops/kernels.h"
#include "ops_fixture.h"

namespace dreamer {
namespace {

using torch::Tensor;
using namespace testing_ops;

// Runs everything by one form of the operations until it goes out of scope.
class Using {
 public:
  explicit Using(ops::Kernels kernels) : before_(ops::kernels()) { ops::use_kernels(kernels); }
  ~Using() { ops::use_kernels(before_); }
  Using(const Using&) = delete;
  Using& operator=(const Using&) = delete;

 private:
  ops::Kernels before_;
};

// Losses and all gradients of an update of model, actor and value.
std::vector<Tensor> update_with(ops::Kernels kernels) {
  const Using scope(kernels);
  torch::manual_seed(2);
  ModelConfig config;
  config.depth = 8;
  config.stoch = 6;
  config.deter = config.hidden = config.units = 24;
  constexpr std::int64_t kBatch = 5, kLength = 8, kActions = 2, kHorizon = 6;
  Signature signature;
  signature.observations = {image_space({64, 64, 3})};
  signature.action.shape = {kActions};
  const WorldModel model(config, signature);
  BehaviorConfig behavior_config;
  behavior_config.units = 24;
  behavior_config.actor_layers = behavior_config.value_layers = 2;
  const ActorCritic behavior(behavior_config, config.feature(), signature.action);
  const Sequences batch{
      {{"image", torch::randint(0, 256, {kBatch, kLength, 64, 64, 3}, torch::kUInt8)}},
      torch::rand({kBatch, kLength, kActions}) * 2 - 1,
      torch::randn({kBatch, kLength}),
      torch::ones({kBatch, kLength}),
      torch::ones({kBatch, kLength})};
  const ModelLoss loss = model.loss(batch, {torch::randn({kBatch, kLength, config.stoch}), {}});
  const Latent states = loss.states.latent.detach();
  const BehaviorLoss imagined =
      behavior.loss(model, {states.stoch.flatten(0, 1), states.deter.flatten(0, 1)},
                    {torch::randn({kHorizon, kBatch * kLength, kActions}),
                     torch::randn({kHorizon, kBatch * kLength, config.stoch})});
  std::vector<Tensor> all{loss.total.detach(), imagined.actor.detach(), imagined.value.detach()};
  const auto add = [&](const Tensor& of, const std::vector<Tensor>& parameters) {
    const auto gradients = torch::autograd::grad({of}, parameters, {}, /*retain_graph=*/true, false,
                                                 /*allow_unused=*/true);
    all.insert(all.end(), gradients.begin(), gradients.end());
  };
  add(loss.total, model.parameters());
  add(imagined.actor, behavior.actor->parameters());
  add(imagined.value, behavior.value->parameters());
  return all;
}

TEST(Reference, GivesTheLossesAndGradientsOfTheKernels) {
  const auto fast = update_with(ops::Kernels::fast),
             reference = update_with(ops::Kernels::reference);
  ASSERT_EQ(fast.size(), reference.size());
  for (std::size_t i = 0; i < fast.size(); ++i) {
    ASSERT_EQ(fast[i].defined(), reference[i].defined()) << i;
    if (!fast[i].defined()) continue;
    const double error = (fast[i] - reference[i]).abs().max().item<double>();
    EXPECT_LE(error, 1e-4 * reference[i].abs().max().item<double>()) << i;
  }
}

TEST(Reference, MakesTheStepsOfAdam) {
  const auto step_with = [](ops::Kernels kernels) {
    const Using scope(kernels);
    torch::manual_seed(4);
    const std::vector<Tensor> x{torch::randn({40, 7}), torch::randn({3})};
    ops::AdamTensors tensors{x, {}, {}, {}};
    for (const Tensor& parameter : x) {
      tensors.gradient.push_back(torch::randn_like(parameter));
      tensors.m.push_back(torch::randn_like(parameter));
      tensors.v.push_back(torch::rand_like(parameter));
    }
    ops::adam(tensors, {0.5, 0.9, 0.999, 1e-3, 1e-5});
    std::vector<Tensor> changed = tensors.x;
    changed.insert(changed.end(), tensors.m.begin(), tensors.m.end());
    changed.insert(changed.end(), tensors.v.begin(), tensors.v.end());
    return changed;
  };
  const auto fast = step_with(ops::Kernels::fast), reference = step_with(ops::Kernels::reference);
  for (std::size_t i = 0; i < fast.size(); ++i)
    EXPECT_TRUE(torch::allclose(fast[i], reference[i], 1e-5, 1e-7)) << i;
}

}  // namespace
}  // namespace dreamer
