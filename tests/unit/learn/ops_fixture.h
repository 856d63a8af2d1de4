#pragma once

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace dreamer::testing_ops {

using torch::Tensor;

/// The same parameters in float64.
template <class Module>
void copy_in_double(const Module& from, Module& to) {
  to.to(torch::kFloat64);
  const torch::NoGradGuard no_grad;
  const auto source = from.named_parameters();
  for (auto& p : to.named_parameters()) p.value().copy_(source[p.key()]);
}

/// Biases begin at 0, which hides mistakes in them.
inline void randomize_biases(torch::nn::Module& module) {
  const torch::NoGradGuard no_grad;
  for (Tensor& p : module.parameters())
    if (p.dim() == 1) p += 0.3 * torch::randn_like(p);
}

/// Gradients of Σ weights·outputs with respect to `inputs`, where weights are random, the same for
/// the same seed; only the outputs in `used` count. Undefined where nothing depends on an input.
inline std::vector<Tensor> random_gradients(const std::vector<Tensor>& outputs,
                                            const std::vector<std::size_t>& used,
                                            const std::vector<Tensor>& inputs) {
  torch::manual_seed(5);
  Tensor sum = torch::zeros({}, outputs[0].options());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Tensor weight = torch::randn(outputs[i].sizes()).to(outputs[i].dtype());
    if (std::find(used.begin(), used.end(), i) != used.end())
      sum = sum + (weight * outputs[i]).sum();
  }
  return torch::autograd::grad({sum}, inputs, {}, std::nullopt, false, /*allow_unused=*/true);
}

/// To 1e-5 of the largest number.
inline void expect_equal(const std::vector<Tensor>& ours, const std::vector<Tensor>& exact,
                         const std::string& what) {
  ASSERT_EQ(ours.size(), exact.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    SCOPED_TRACE(what + " " + std::to_string(i));
    if (!exact[i].defined()) {
      EXPECT_TRUE(!ours[i].defined() || ours[i].eq(0).all().item<bool>());
      continue;
    }
    ASSERT_TRUE(ours[i].defined());
    ASSERT_EQ(ours[i].sizes(), exact[i].sizes());
    const double error = (ours[i].to(torch::kFloat64) - exact[i]).abs().max().item<double>();
    EXPECT_LE(error, 1e-5 * exact[i].abs().max().item<double>());
  }
}

}  // namespace dreamer::testing_ops
