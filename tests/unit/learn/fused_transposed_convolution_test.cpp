#include <gtest/gtest.h>

#include "fused/transposed_convolution.h"

namespace dreamer {
namespace {

using fused::Activation;
using torch::Tensor;

struct Shape {
  std::int64_t images, in, out, size, kernel, stride;
};

// Sizes like the decoder's, odd ones, and more images than fit in a slab.
class TransposedConvolution : public testing::TestWithParam<std::tuple<Shape, Activation>> {
 protected:
  // The output and the gradients of x, weight and bias under a random gradient of the output.
  template <class Layer>
  static std::vector<Tensor> run(const Layer& layer, const std::vector<Tensor>& inputs) {
    std::vector<Tensor> leaves;
    for (const Tensor& input : inputs) leaves.push_back(input.detach().requires_grad_());
    const Tensor y = layer(leaves[0], leaves[1], leaves[2]);
    torch::manual_seed(2);
    auto results = torch::autograd::grad({(y * torch::randn(y.sizes())).sum()}, leaves);
    results.push_back(y);
    return results;
  }

  static void expect_equal(const std::vector<Tensor>& ours, const std::vector<Tensor>& theirs) {
    for (std::size_t i = 0; i < ours.size(); ++i) {
      ASSERT_EQ(ours[i].sizes(), theirs[i].sizes());
      const double scale = theirs[i].abs().max().item<double>();
      EXPECT_LE((ours[i] - theirs[i]).abs().max().item<double>(), 1e-5 * scale) << "result " << i;
    }
  }
};

TEST_P(TransposedConvolution, EqualsLibTorch) {
  const auto [s, activation] = GetParam();
  torch::manual_seed(1);
  const std::vector<Tensor> inputs = {torch::randn({s.images, s.in, s.size, s.size}),
                                      torch::randn({s.in, s.out, s.kernel, s.kernel}),
                                      torch::randn({s.out})};
  const auto activate = [&](const Tensor& x) {
    return activation == Activation::relu ? torch::relu(x) : x;
  };
  expect_equal(run([&](auto& x, auto& w,
                       auto& b) { return fused::conv_transpose2d(x, w, b, s.stride, activation); },
                   inputs),
               run([&](auto& x, auto& w,
                       auto& b) { return activate(torch::conv_transpose2d(x, w, b, s.stride)); },
                   inputs));
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, TransposedConvolution,
    testing::Combine(testing::Values(Shape{3, 12, 8, 1, 5, 2}, Shape{5, 2, 3, 14, 4, 2},
                                     Shape{4, 6, 5, 7, 5, 2}, Shape{70, 16, 4, 13, 6, 2},
                                     Shape{2, 3, 4, 9, 3, 1}),
                     testing::Values(Activation::none, Activation::relu)));

TEST(TransposedConvolution, GivesNoGradientThatNobodyAskedFor) {
  const Tensor x = torch::randn({2, 3, 8, 8}).requires_grad_();
  const Tensor w = torch::randn({3, 4, 4, 4}), b = torch::randn({4});
  const Tensor y = fused::conv_transpose2d(x, w, b, 2, Activation::relu);
  EXPECT_TRUE(torch::autograd::grad({y.sum()}, {x})[0].defined());
  const torch::NoGradGuard no_grad;
  EXPECT_FALSE(fused::conv_transpose2d(x, w, b, 2, Activation::relu).requires_grad());
}

}  // namespace
}  // namespace dreamer
