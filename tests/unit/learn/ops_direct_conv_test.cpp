#include "ops/direct_conv.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "ops/pointwise.h"

namespace dreamer::ops {

// For the names of the tests.
// NOLINTBEGIN(misc-use-anonymous-namespace): found in the namespace of what it prints
static void PrintTo(const ConvShape& s, std::ostream* out) {
  *out << s.input_channels << " to " << s.output_channels << " kernel " << s.kernel;
}
static void PrintTo(Vectors vectors, std::ostream* out) {
  *out << (vectors == Vectors::avx512 ? "avx512" : "avx2");
}
// NOLINTEND(misc-use-anonymous-namespace)

namespace {

using Floats = std::vector<float>;

Floats random_floats(std::int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  Floats x(static_cast<std::size_t>(count));
  for (float& value : x) value = uniform(random);
  return x;
}

void expect_near(const Floats& ours, const std::vector<double>& right, const char* what) {
  double scale = 0, error = 0;
  for (std::size_t i = 0; i < right.size(); ++i) {
    scale = std::max(scale, std::abs(right[i]));
    error = std::max(error, std::abs(right[i] - static_cast<double>(ours[i])));
  }
  EXPECT_LE(error, 1e-5 * scale) << what;
}

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr std::array kNotFinite = {
    std::numeric_limits<float>::quiet_NaN(), -kInfinity, kInfinity, 0.0F, -1.5F, 2.5F,
    std::numeric_limits<float>::denorm_min()};

float relu_of_torch(float x) { return torch::relu(torch::tensor(x)).item<float>(); }

void expect_same(float ours, float right) {
  if (std::isnan(right))
    EXPECT_TRUE(std::isnan(ours)) << ours;
  else
    EXPECT_EQ(ours, right);
}

using Case = std::tuple<ConvShape, Vectors>;

class DirectConvOf : public testing::TestWithParam<Case> {};

// The three passes value by value, in double precision.
TEST_P(DirectConvOf, EqualPlainSums) {
  const auto& [s, vectors] = GetParam();
  if (!has(vectors)) GTEST_SKIP() << "this processor has no such vectors";
  const DirectConv* kernels = direct_conv(s, vectors);
  ASSERT_NE(kernels, nullptr);

  constexpr std::int64_t kImages = 2;
  const std::int64_t patch = s.kernel * s.kernel * s.input_channels, channels = s.output_channels;
  const Floats input = random_floats(kImages * s.input_size(), 1);
  const Floats output = random_floats(kImages * s.output_size(), 2);
  const Floats weight = random_floats(patch * channels, 3);
  const Floats bias = random_floats(channels, 4);
  Floats turned(weight.size());
  for (std::int64_t k = 0; k < patch; ++k)
    for (std::int64_t c = 0; c < channels; ++c) turned[c * patch + k] = weight[k * channels + c];

  const Floats input_bias = random_floats(s.input_channels, 5);
  std::vector<double> to_output(output.size()), to_input(input.size()),
      to_weight(weight.begin(), weight.end());
  for (std::size_t i = 0; i < to_input.size(); ++i) to_input[i] = input_bias[i % input_bias.size()];
  const std::int64_t run = s.kernel * s.input_channels, line = s.input_columns * s.input_channels;
  for (std::int64_t n = 0; n < kImages; ++n)
    for (std::int64_t p = 0; p < s.output_rows * s.output_columns; ++p)
      for (std::int64_t c = 0; c < channels; ++c) {
        const std::int64_t at = n * s.output_size() + p * channels + c;
        const std::int64_t corner = n * s.input_size() + p / s.output_columns * s.stride * line +
                                    p % s.output_columns * s.stride * s.input_channels;
        double sum = bias[c];
        for (std::int64_t k = 0; k < patch; ++k) {
          const std::int64_t from = corner + k / run * line + k % run;
          const double w = weight[k * channels + c];
          sum += input[from] * w;
          to_input[from] += output[at] * w;
          to_weight[k * channels + c] += static_cast<double>(output[at]) * input[from];
        }
        to_output[at] = std::max(sum, 0.0);
      }

  Floats our_output(output.size()), our_weight = weight;
  // One value more than there are, which must stay.
  Floats our_input(input.size() + 1, 7), without_bias = our_input;
  kernels->forward(s, kImages, input.data(), weight.data(), bias.data(), true, our_output.data());
  Floats packed(kernels->packed);
  kernels->pack(turned.data(), input_bias.data(), packed.data());
  kernels->backward_data(s, kImages, output.data(), packed.data(), true, our_input.data());
  kernels->pack(turned.data(), nullptr, packed.data());
  kernels->backward_data(s, kImages, output.data(), packed.data(), false, without_bias.data());
  kernels->backward_weight(s, kImages, input.data(), output.data(), our_weight.data());
  expect_near(our_output, to_output, "output");
  EXPECT_EQ(our_input.back(), 7);
  EXPECT_EQ(without_bias.back(), 7);
  std::vector<double> to_input_plain = to_input;
  for (std::size_t i = 0; i < to_input.size(); ++i) {
    to_input_plain[i] -= input_bias[i % input_bias.size()];
    to_input[i] = std::max(to_input[i], 0.0);
  }
  expect_near(our_input, to_input, "input");
  expect_near(without_bias, to_input_plain, "input without bias");
  expect_near(our_weight, to_weight, "weight");
}

// What no sum is: a bias that is not finite goes through a layer without weights as it is.
TEST_P(DirectConvOf, TakeReluOfWhatIsNotFiniteAsTorchDoes) {
  const auto& [s, vectors] = GetParam();
  if (!has(vectors)) GTEST_SKIP() << "this processor has no such vectors";
  const DirectConv* kernels = direct_conv(s, vectors);
  ASSERT_NE(kernels, nullptr);
  const std::int64_t patch = s.kernel * s.kernel * s.input_channels;
  const Floats input(static_cast<std::size_t>(s.input_size())),
      output(static_cast<std::size_t>(s.output_size())),
      weight(static_cast<std::size_t>(patch * s.output_channels));
  const auto biases = [](std::int64_t channels) {
    Floats bias(static_cast<std::size_t>(channels));
    for (std::size_t i = 0; i < bias.size(); ++i) bias[i] = kNotFinite[i % kNotFinite.size()];
    return bias;
  };
  const Floats output_bias = biases(s.output_channels), input_bias = biases(s.input_channels);
  Floats to_output(output.size()), to_input(input.size());
  kernels->forward(s, 1, input.data(), weight.data(), output_bias.data(), true, to_output.data());
  Floats packed(kernels->packed);
  kernels->pack(weight.data(), input_bias.data(), packed.data());
  kernels->backward_data(s, 1, output.data(), packed.data(), true, to_input.data());
  for (std::size_t i = 0; i < to_output.size(); ++i)
    expect_same(to_output[i], relu_of_torch(output_bias[i % output_bias.size()]));
  for (std::size_t i = 0; i < to_input.size(); ++i)
    expect_same(to_input[i], relu_of_torch(input_bias[i % input_bias.size()]));
}

// The layers at depth 8, and at depth 32 those nearest to the image.
INSTANTIATE_TEST_SUITE_P(Layers, DirectConvOf,
                         testing::Combine(testing::Values(ConvShape{64, 64, 3, 31, 31, 8, 4, 2},
                                                          ConvShape{31, 31, 8, 14, 14, 16, 4, 2},
                                                          ConvShape{14, 14, 16, 6, 6, 32, 4, 2},
                                                          ConvShape{6, 6, 32, 2, 2, 64, 4, 2},
                                                          ConvShape{13, 13, 16, 5, 5, 32, 5, 2},
                                                          ConvShape{30, 30, 8, 13, 13, 16, 6, 2},
                                                          ConvShape{64, 64, 3, 30, 30, 8, 6, 2},
                                                          ConvShape{64, 64, 3, 31, 31, 32, 4, 2},
                                                          ConvShape{64, 64, 3, 30, 30, 32, 6, 2}),
                                          testing::Values(Vectors::avx2, Vectors::avx512)));

// For each instruction set that the compiler makes of it, at every place in a vector.
TEST(Pointwise, GradientsBeforeAReluAreTorchs) {
  constexpr std::int64_t kCount = 67;
  for (std::size_t shift = 0; shift < kNotFinite.size(); ++shift) {
    Floats y(kCount), gradient(kCount), ours(kCount);
    for (std::size_t i = 0; i < y.size(); ++i) {
      y[i] = kNotFinite[(i + shift) % kNotFinite.size()];
      gradient[i] = kNotFinite[i % kNotFinite.size()];
    }
    relu_backward(kCount, y.data(), gradient.data(), ours.data());
    const auto right = torch::threshold_backward(torch::tensor(gradient), torch::tensor(y), 0);
    for (std::size_t i = 0; i < y.size(); ++i)
      expect_same(ours[i], right[static_cast<std::int64_t>(i)].item<float>());
  }
}

TEST(DirectConvTable, HasNoneForOtherSizes) {
  EXPECT_EQ(direct_conv({64, 64, 3, 31, 31, 7, 4, 2}, Vectors::avx2), nullptr);
}

TEST(Pointwise, SumsRowsOfAnyNumberAndLength) {
  for (const std::int64_t channels : {3, 16, 64, 70})
    for (const std::int64_t rows : {1, 16, 37}) {
      const Floats x = random_floats(rows * channels, 5);
      Floats sum(channels, 1.0F);
      std::vector<double> right(channels, 1.0);
      for (std::size_t i = 0; i < x.size(); ++i) right[i % channels] += x[i];
      add_rows(rows, channels, x.data(), sum.data());
      expect_near(sum, right, "sum");
    }
}

}  // namespace
}  // namespace dreamer::ops
