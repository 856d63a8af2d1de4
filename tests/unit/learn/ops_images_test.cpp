#include "ops/images.h"

#include "ops_fixture.h"

namespace dreamer {
namespace {

using torch::Tensor;
using namespace testing_ops;

TEST(ScaledImages, EqualTheOperationsOneByOne) {
  torch::manual_seed(1);
  const Tensor x = torch::randint(0, 256, {2, 9, 5, 7, 3}, torch::kUInt8);
  for (const Tensor& mean : {torch::rand({5, 7, 3}), torch::full({}, 0.5F)}) {
    const Tensor plain = (x.to(torch::kFloat32) / 255 - mean) * 10.0;
    EXPECT_TRUE(ops::scaled_images(x, mean, 10.0).equal(plain));
  }
}

TEST(HalfSquaredDistance, EqualsTheOperationsOneByOne) {
  torch::manual_seed(1);
  // With channels innermost in memory, as the decoder leaves them, and not.
  for (const bool channels_last : {true, false}) {
    Tensor a = torch::randn({2, 9, 3, 5, 7}), b = torch::randn({2, 9, 3, 5, 7});
    if (channels_last) a = torch::randn({2, 9, 5, 7, 3}).movedim(-1, -3);
    a.requires_grad_();
    const Tensor a_exact = a.detach().to(torch::kFloat64).requires_grad_();
    const Tensor y = ops::half_squared_distance(a, b),
                 y_exact = 0.5 * (a_exact - b).square().sum({-3, -2, -1});
    expect_equal({y}, {y_exact}, "output");
    expect_equal(random_gradients({y}, {0}, {a}), random_gradients({y_exact}, {0}, {a_exact}),
                 "gradient");
  }
}

}  // namespace
}  // namespace dreamer
