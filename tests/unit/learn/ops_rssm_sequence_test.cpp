#include "model/rssm.h"
#include "ops_fixture.h"

namespace dreamer {
namespace {

using torch::Tensor;
using namespace testing_ops;

struct Sizes {
  std::int64_t rows, steps, stoch, deter, hidden, action, embedding;

  friend void PrintTo(const Sizes& s, std::ostream* out) {
    *out << s.rows << " rows steps " << s.steps << " stoch " << s.stoch << " deter " << s.deter
         << " hidden " << s.hidden << " action " << s.action << " embedding " << s.embedding;
  }
};

// The sequence by the kernels, in float32, against its reference in float64.
struct Case {
  std::shared_ptr<Rssm> ours, exact;
  Tensor embedding, action, noise;

  explicit Case(const Sizes& s, const std::string& gru = "torch") {
    torch::manual_seed(3);
    ModelConfig config;
    config.stoch = s.stoch;
    config.deter = s.deter;
    config.hidden = s.hidden;
    config.gru = gru;
    ours = std::make_shared<Rssm>(config, s.action, s.embedding);
    exact = std::make_shared<Rssm>(config, s.action, s.embedding);
    randomize_biases(*ours);
    copy_in_double(*ours, *exact);
    embedding = torch::randn({s.rows, s.steps, s.embedding}).requires_grad_();
    action = torch::rand({s.rows, s.steps, s.action}).requires_grad_();
    noise = torch::randn({s.rows, s.steps, s.stoch});
  }

  static std::vector<Tensor> outputs(const Observed& o) {
    return {o.latent.stoch,     o.latent.deter, o.posterior.mean,
            o.posterior.stddev, o.prior.mean,   o.prior.stddev};
  }

  void expect_equal_for(const std::vector<std::size_t>& used) const {
    const Tensor e = embedding.detach().to(torch::kFloat64).requires_grad_(),
                 a = action.detach().to(torch::kFloat64).requires_grad_();
    const auto y = outputs(ours->observe(embedding, action, noise)),
               y_exact = outputs(exact->observe(e, a, noise.to(torch::kFloat64)));
    expect_equal(y, y_exact, "output");
    std::vector<Tensor> inputs = ours->parameters(), exact_inputs = exact->parameters();
    inputs.insert(inputs.end(), {embedding, action});
    exact_inputs.insert(exact_inputs.end(), {e, a});
    expect_equal(random_gradients(y, used, inputs), random_gradients(y_exact, used, exact_inputs),
                 "gradient");
  }
};

const Sizes kOdd{3, 4, 5, 7, 6, 2, 11};

class RssmSequence : public testing::TestWithParam<Sizes> {};

TEST_P(RssmSequence, EqualsTheReference) { Case(GetParam()).expect_equal_for({0, 1, 2, 3, 4, 5}); }

INSTANTIATE_TEST_SUITE_P(Sizes, RssmSequence,
                         testing::Values(kOdd, Sizes{1, 1, 1, 1, 1, 1, 1},
                                         Sizes{2, 1, 3, 5, 4, 1, 2}, Sizes{1, 9, 4, 33, 17, 6, 5},
                                         Sizes{16, 20, 20, 128, 128, 1, 256}));

TEST(RssmSequence, TakesTheGradientOfOneOutputAlone) {
  for (std::size_t output = 0; output < 6; ++output) Case(kOdd).expect_equal_for({output});
}

TEST(RssmSequence, LeavesTheOriginalAgentsGruToTheReference) {
  Case(kOdd, "gru_v1").expect_equal_for({0, 1, 2, 3, 4, 5});
}

TEST(RssmSequence, LeavesFrozenWeightsAlone) {
  const Case c(kOdd);
  for (Tensor& p : c.ours->parameters()) p.set_requires_grad(false);
  const Observed o = c.ours->observe(c.embedding, c.action, c.noise);
  EXPECT_TRUE(torch::autograd::grad({o.latent.stoch.sum()}, {c.embedding})[0].defined());
  for (const Tensor& p : c.ours->parameters()) EXPECT_FALSE(p.grad().defined());
}

TEST(RssmSequence, GoesBackTwiceOnAKeptGraph) {
  const Case c(kOdd);
  const Observed o = c.ours->observe(c.embedding, c.action, c.noise);
  const Tensor loss = o.latent.stoch.square().sum();
  const auto once = torch::autograd::grad({loss}, {c.embedding}, {}, /*retain_graph=*/true);
  const auto again = torch::autograd::grad({loss}, {c.embedding});
  EXPECT_TRUE(once[0].equal(again[0]));
}

}  // namespace
}  // namespace dreamer
