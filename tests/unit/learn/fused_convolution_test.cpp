#include "fused/convolution.h"

#include <gtest/gtest.h>

#include <functional>

namespace dreamer {
namespace {

using fused::Activation;
using torch::Tensor;
using Layer = std::function<Tensor(const Tensor&, const Tensor&, const Tensor&)>;

// Values and all three gradients of `fast` are those of `plain`, to the rounding of sums.
void expect_same(const Layer& fast, const Layer& plain, at::IntArrayRef x_shape,
                 at::IntArrayRef weight_shape, std::int64_t out) {
  torch::manual_seed(3);
  const std::vector<Tensor> inputs = {torch::randn(x_shape).requires_grad_(),
                                      (0.1 * torch::randn(weight_shape)).requires_grad_(),
                                      torch::randn({out}).requires_grad_()};
  const Tensor a = fast(inputs[0], inputs[1], inputs[2]);
  const Tensor b = plain(inputs[0], inputs[1], inputs[2]);
  ASSERT_EQ(a.sizes(), b.sizes());
  EXPECT_TRUE(torch::allclose(a, b, 1e-5, 1e-5));
  const Tensor weights = torch::randn_like(b);
  const auto ga = torch::autograd::grad({(a * weights).sum()}, inputs);
  const auto gb = torch::autograd::grad({(b * weights).sum()}, inputs);
  for (std::size_t i = 0; i < 3; ++i) {
    const double scale = gb[i].abs().max().item<double>();
    EXPECT_LT((ga[i] - gb[i]).abs().max().item<double>(), 1e-5 * scale) << "gradient " << i;
  }
}

TEST(Convolution, IsPlainConvolutionWithRelu) {
  // The encoder's four layers, at a depth without direct kernels and one with: the second leaves a
  // row and a column of its input unseen.
  const std::int64_t sizes[][3] = {{3, 4, 64}, {4, 8, 31},  {8, 16, 14},  {16, 32, 6},
                                   {3, 8, 64}, {8, 16, 31}, {16, 32, 14}, {32, 64, 6}};
  for (const auto& [in, out, side] : sizes)
    for (const auto activation : {Activation::relu, Activation::none})
      expect_same(
          [&](const Tensor& x, const Tensor& w, const Tensor& b) {
            return fused::conv2d(x, {w, b}, activation);
          },
          [&](const Tensor& x, const Tensor& w, const Tensor& b) {
            const Tensor y = torch::conv2d(x, w, b, 2);
            return activation == Activation::relu ? torch::relu(y) : y;
          },
          {7, in, side, side}, {out, in, 4, 4}, out);
}

TEST(Convolution, TransposedIsPlainTransposedConvolutionWithRelu) {
  const std::int64_t sizes[][4] = {{16, 8, 5, 5},  {8, 4, 6, 13},  {4, 3, 6, 30}, {5, 2, 4, 9},
                                   {32, 16, 5, 5}, {16, 8, 6, 13}, {8, 3, 6, 30}};
  for (const auto& [in, out, kernel, side] : sizes)
    for (const auto activation : {Activation::relu, Activation::none})
      expect_same(
          [&](const Tensor& x, const Tensor& w, const Tensor& b) {
            return fused::conv_transpose2d(x, {w, b}, activation);
          },
          [&](const Tensor& x, const Tensor& w, const Tensor& b) {
            const Tensor y = torch::conv_transpose2d(x, w, b, 2);
            return activation == Activation::relu ? torch::relu(y) : y;
          },
          {7, in, side, side}, {in, out, kernel, kernel}, out);
}

TEST(Convolution, GivesNoGradientThatNobodyAskedFor) {
  const Tensor x = torch::randn({2, 3, 16, 16}).requires_grad_();
  const Tensor w = torch::randn({4, 3, 4, 4}), b = torch::zeros({4});
  const Tensor y = fused::conv2d(x, {w, b}, Activation::relu);
  EXPECT_TRUE(torch::autograd::grad({y.sum()}, {x})[0].defined());
  EXPECT_FALSE(fused::conv2d(x.detach(), {w, b}, Activation::relu).requires_grad());
  const torch::NoGradGuard no_grad;
  EXPECT_FALSE(fused::conv2d(x, {w, b}, Activation::relu).requires_grad());
}

}  // namespace
}  // namespace dreamer
