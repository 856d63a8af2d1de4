#include "ops/mlp.h"

#include "model/layers.h"
#include "ops/reference.h"
#include "ops_fixture.h"

namespace dreamer {
namespace {

using torch::Tensor;
using namespace testing_ops;

// A head by the kernels, in float32, against the reference in float64.
struct Heads {
  DenseHead ours, exact;
  Tensor x;

  Heads(std::int64_t rows, std::int64_t in, std::int64_t units, std::int64_t layers,
        std::int64_t out)
      : ours(in, units, layers, out), exact(in, units, layers, out) {
    torch::manual_seed(3);
    randomize_biases(ours);
    copy_in_double(ours, exact);
    x = torch::randn({2, rows, in}).requires_grad_();
  }

  [[nodiscard]] Tensor stack() const { return ops::mlp(x, ours.weights()); }
};

TEST(Mlp, EqualsItsLayersOneByOne) {
  for (const Heads& heads : {Heads(1, 1, 1, 1, 1), Heads(3, 5, 7, 2, 3), Heads(300, 20, 33, 3, 2),
                             Heads(700, 148, 128, 4, 1), Heads(5, 4, 4, 0, 6)}) {
    const Tensor x = heads.x.detach().to(torch::kFloat64).requires_grad_();
    const Tensor y = heads.stack(), y_exact = ops::reference::mlp(x, heads.exact.weights());
    expect_equal({y}, {y_exact}, "output");
    std::vector<Tensor> inputs = heads.ours.weights(), exact_inputs = heads.exact.weights();
    inputs.push_back(heads.x);
    exact_inputs.push_back(x);
    expect_equal(random_gradients({y}, {0}, inputs), random_gradients({y_exact}, {0}, exact_inputs),
                 "gradient");
  }
}

TEST(Mlp, GivesTheGradientThatIsAskedForAlone) {
  const Heads heads(40, 6, 8, 2, 1);
  const Tensor y = heads.stack();
  std::vector<Tensor> inputs = heads.ours.weights();
  inputs.push_back(heads.x);
  const auto all = torch::autograd::grad({y.sum()}, inputs, {}, /*retain_graph=*/true);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto one = torch::autograd::grad({y.sum()}, {inputs[i]}, {}, /*retain_graph=*/true);
    EXPECT_TRUE(one[0].equal(all[i])) << i;
  }
}

TEST(Mlp, LeavesFrozenWeightsAlone) {
  const Heads heads(40, 6, 8, 2, 1);
  for (Tensor& p : heads.ours.weights()) p.set_requires_grad(false);
  EXPECT_TRUE(torch::autograd::grad({heads.stack().sum()}, {heads.x})[0].defined());
  for (const Tensor& p : heads.ours.weights()) EXPECT_FALSE(p.grad().defined());
}

}  // namespace
}  // namespace dreamer
