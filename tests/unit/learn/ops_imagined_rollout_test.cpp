#include "behavior/actor_critic.h"
#include "ops_fixture.h"

namespace dreamer {
namespace {

using torch::Tensor;
using namespace testing_ops;

struct Sizes {
  std::int64_t rows, horizon, stoch, deter, hidden, units, layers, action;

  friend void PrintTo(const Sizes& s, std::ostream* out) {
    *out << s.rows << " rows horizon " << s.horizon << " stoch " << s.stoch << " deter " << s.deter
         << " hidden " << s.hidden << " units " << s.units << " layers " << s.layers << " action "
         << s.action;
  }
};

// The rollout by the kernels, in float32, against its reference in float64.
struct Case {
  std::shared_ptr<Rssm> ours, exact;
  std::shared_ptr<Actor> actor, exact_actor;
  Latent start;
  ImaginationNoise noise;

  explicit Case(const Sizes& s, const std::string& gru = "torch")
      : Case(s, gru, {.name = "action", .shape = {s.action}}) {}

  Case(const Sizes& s, const std::string& gru, const Space& action) {
    torch::manual_seed(3);
    ModelConfig config;
    config.stoch = s.stoch;
    config.deter = s.deter;
    config.hidden = s.hidden;
    config.gru = gru;
    BehaviorConfig behavior;
    behavior.units = s.units;
    behavior.actor_layers = s.layers;
    behavior.actor_init_std = 0.7;
    ours = std::make_shared<Rssm>(config, s.action, 4);
    exact = std::make_shared<Rssm>(config, s.action, 4);
    actor = std::make_shared<Actor>(behavior, config.feature(), action);
    exact_actor = std::make_shared<Actor>(behavior, config.feature(), action);
    randomize_biases(*ours);
    randomize_biases(*actor);
    copy_in_double(*ours, *exact);
    copy_in_double(*actor, *exact_actor);
    start = {torch::randn({s.rows, s.stoch}), torch::randn({s.rows, s.deter})};
    noise = {action.kind == SpaceKind::discrete ? torch::rand({s.horizon, s.rows, s.action})
                                                : torch::randn({s.horizon, s.rows, s.action}),
             torch::randn({s.horizon, s.rows, s.stoch})};
  }

  static std::vector<Tensor> outputs(const Trajectories& t) {
    return {t.states.stoch, t.states.deter, t.action, t.log_prob};
  }
  [[nodiscard]] std::vector<Tensor> weights() const {
    std::vector<Tensor> all = actor->parameters();
    for (const Tensor& p : ours->parameters()) all.push_back(p);
    return all;
  }
  [[nodiscard]] Trajectories roll() const { return roll_out(*ours, *actor, start, noise); }

  void expect_equal_for(const std::vector<std::size_t>& used) const {
    const auto to_double = [](const Tensor& x) { return x.to(torch::kFloat64); };
    // In float64 the kernels do not serve.
    const Trajectories t = roll(),
                       t_exact = roll_out(*exact, *exact_actor,
                                          {to_double(start.stoch), to_double(start.deter)},
                                          {to_double(noise.action), to_double(noise.prior)});
    const auto y = outputs(t), y_exact = outputs(t_exact);
    expect_equal(y, y_exact, "output");
    expect_equal({t.stddev}, {t_exact.stddev}, "stddev");
    std::vector<Tensor> exact_weights = exact_actor->parameters();
    for (const Tensor& p : exact->parameters()) exact_weights.push_back(p);
    expect_equal(random_gradients(y, used, weights()),
                 random_gradients(y_exact, used, exact_weights), "gradient");
  }
};

const Sizes kOdd{3, 4, 5, 7, 6, 9, 2, 2};

class ImaginedRollout : public testing::TestWithParam<Sizes> {};

TEST_P(ImaginedRollout, EqualsTheReference) { Case(GetParam()).expect_equal_for({0, 1, 2, 3}); }

INSTANTIATE_TEST_SUITE_P(Sizes, ImaginedRollout,
                         testing::Values(kOdd, Sizes{1, 1, 1, 1, 1, 1, 1, 1},
                                         Sizes{2, 1, 3, 5, 4, 8, 3, 1},
                                         Sizes{5, 6, 4, 19, 33, 17, 4, 6},
                                         Sizes{40, 12, 20, 128, 128, 128, 4, 1}));

TEST_P(ImaginedRollout, OfDiscreteActionsEqualsTheReference) {
  const std::int64_t size = GetParam().action;
  Case(GetParam(), "torch", discrete_space("action", {size})).expect_equal_for({0, 1, 2, 3});
}

TEST_P(ImaginedRollout, OfGroupsOfDiscreteActionsEqualsTheReference) {
  Sizes sizes = GetParam();
  sizes.action += 5;
  const Space action = discrete_space("action", {3, sizes.action - 5, 2});
  Case(sizes, "torch", action).expect_equal_for({0, 1, 2, 3});
}

TEST(ImaginedRollout, TakesTheGradientOfOneOutputAlone) {
  for (std::size_t output = 0; output < 4; ++output) Case(kOdd).expect_equal_for({output});
}

TEST(ImaginedRollout, LeavesTheOriginalAgentsGruToTheReference) {
  Case(kOdd, "gru_v1").expect_equal_for({0, 1, 2, 3});
}

TEST(ImaginedRollout, ChangesNoWeight) {
  const Case c(Sizes{1, 1, 3, 4, 5, 6, 2, 1});
  std::vector<Tensor> before;
  for (const Tensor& p : c.weights()) before.push_back(p.detach().clone());
  const Trajectories t = c.roll();
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(before[i].equal(c.weights()[i]));
}

TEST(ImaginedRollout, GivesTheActorTheSameGradientWhenTheModelIsFrozen) {
  const Case c(kOdd);
  const auto loss = [&] {
    const Trajectories t = c.roll();
    return t.states.deter.square().sum() + t.states.stoch.square().sum() - 0.1 * t.log_prob.sum();
  };
  const auto free = torch::autograd::grad({loss()}, c.actor->parameters());
  for (Tensor& p : c.ours->parameters()) p.set_requires_grad(false);
  const auto frozen = torch::autograd::grad({loss()}, c.actor->parameters());
  for (std::size_t i = 0; i < free.size(); ++i) EXPECT_TRUE(free[i].equal(frozen[i]));
}

}  // namespace
}  // namespace dreamer
