#include "ops/conv_stack.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>

namespace dreamer {
namespace {

using ops::Activation;
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
            return ops::conv2d(x, {w, b}, activation);
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
            return ops::conv_transpose2d(x, {w, b}, activation);
          },
          [&](const Tensor& x, const Tensor& w, const Tensor& b) {
            const Tensor y = torch::conv_transpose2d(x, w, b, 2);
            return activation == Activation::relu ? torch::relu(y) : y;
          },
          {7, in, side, side}, {in, out, kernel, kernel}, out);
}

TEST(Convolution, StackIsItsLayersOneAfterTheOther) {
  // Encoder and decoder at depth 8, whose layers all have direct kernels.
  torch::manual_seed(5);
  const auto layers = [](const std::vector<std::array<std::int64_t, 3>>& sizes, bool transposed) {
    std::vector<Tensor> parameters;
    for (const auto& [in, out, k] : sizes) {
      const Tensor weight =
          transposed ? torch::randn({in, out, k, k}) : torch::randn({out, in, k, k});
      parameters.push_back((0.1 * weight).requires_grad_());
      parameters.push_back(torch::randn({out}).requires_grad_());
    }
    return parameters;
  };
  const auto same = [](auto convolve, const Tensor& x, const std::vector<Tensor>& parameters,
                       Activation last) {
    Tensor single = x;
    for (std::size_t i = 0; i < parameters.size(); i += 2)
      single = convolve(single, at::TensorList(parameters).slice(i, 2),
                        i + 2 < parameters.size() ? Activation::relu : last);
    const Tensor stack = convolve(x, parameters, last);
    EXPECT_TRUE(torch::equal(stack, single));
    std::vector<Tensor> inputs = parameters;
    inputs.push_back(x);
    const Tensor weights = torch::randn_like(stack);
    const auto a = torch::autograd::grad({(stack * weights).sum()}, inputs);
    const auto b = torch::autograd::grad({(single * weights).sum()}, inputs);
    for (std::size_t i = 0; i < a.size(); ++i)
      EXPECT_LT((a[i] - b[i]).abs().max().item<double>(), 1e-5 * b[i].abs().max().item<double>())
          << "gradient " << i;
  };
  for (const auto last : {Activation::relu, Activation::none}) {
    same(ops::conv2d, torch::randn({11, 3, 64, 64}).requires_grad_(),
         layers({{3, 8, 4}, {8, 16, 4}, {16, 32, 4}, {32, 64, 4}}, false), last);
    same(ops::conv_transpose2d, torch::randn({11, 32, 5, 5}).requires_grad_(),
         layers({{32, 16, 5}, {16, 8, 6}, {8, 3, 6}}, true), last);
  }
}

TEST(Convolution, GivesNoGradientThatNobodyAskedFor) {
  const Tensor x = torch::randn({2, 3, 16, 16}).requires_grad_();
  const Tensor w = torch::randn({4, 3, 4, 4}), b = torch::zeros({4});
  const Tensor y = ops::conv2d(x, {w, b}, Activation::relu);
  EXPECT_TRUE(torch::autograd::grad({y.sum()}, {x})[0].defined());
  EXPECT_FALSE(ops::conv2d(x.detach(), {w, b}, Activation::relu).requires_grad());
  const torch::NoGradGuard no_grad;
  EXPECT_FALSE(ops::conv2d(x, {w, b}, Activation::relu).requires_grad());
}

}  // namespace
}  // namespace dreamer
