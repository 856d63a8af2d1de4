#include "fused/direct_kernels.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "fused/pointwise.h"

namespace dreamer::fused {

// For the names of the tests.
static void PrintTo(const PatchGrid& g, std::ostream* out) {
  *out << g.wide_channels << " to " << g.narrow_channels << " kernel " << g.kernel;
}
static void PrintTo(Vectors vectors, std::ostream* out) {
  *out << (vectors == Vectors::avx512 ? "avx512" : "avx2");
}

namespace {

using Numbers = std::vector<float>;

Numbers random_numbers(std::int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  Numbers x(static_cast<std::size_t>(count));
  for (float& number : x) number = uniform(random);
  return x;
}

void expect_near(const Numbers& ours, const std::vector<double>& right, const char* what) {
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

using Case = std::tuple<PatchGrid, Vectors>;

class DirectKernelsOf : public testing::TestWithParam<Case> {};

// The three products number by number, in double precision.
TEST_P(DirectKernelsOf, EqualPlainSums) {
  const auto& [g, vectors] = GetParam();
  if (!has(vectors)) GTEST_SKIP() << "this processor has no such vectors";
  const DirectKernels* kernels = direct_kernels(g, vectors);
  ASSERT_NE(kernels, nullptr);

  constexpr std::int64_t kImages = 2;
  const std::int64_t patch = g.kernel * g.kernel * g.wide_channels, channels = g.narrow_channels;
  const Numbers wide = random_numbers(kImages * g.wide(), 1);
  const Numbers narrow = random_numbers(kImages * g.narrow(), 2);
  const Numbers weight = random_numbers(patch * channels, 3);
  const Numbers bias = random_numbers(channels, 4);
  Numbers turned(weight.size());
  for (std::int64_t k = 0; k < patch; ++k)
    for (std::int64_t c = 0; c < channels; ++c) turned[c * patch + k] = weight[k * channels + c];

  const Numbers wide_bias = random_numbers(g.wide_channels, 5);
  std::vector<double> to_narrow(narrow.size()), to_wide(wide.size()),
      to_weight(weight.begin(), weight.end());
  for (std::size_t i = 0; i < to_wide.size(); ++i) to_wide[i] = wide_bias[i % wide_bias.size()];
  const std::int64_t run = g.kernel * g.wide_channels, line = g.wide_columns * g.wide_channels;
  for (std::int64_t n = 0; n < kImages; ++n)
    for (std::int64_t p = 0; p < g.positions(); ++p)
      for (std::int64_t c = 0; c < channels; ++c) {
        const std::int64_t at = n * g.narrow() + p * channels + c;
        const std::int64_t corner = n * g.wide() + p / g.narrow_columns * g.stride * line +
                                    p % g.narrow_columns * g.stride * g.wide_channels;
        double sum = bias[c];
        for (std::int64_t k = 0; k < patch; ++k) {
          const std::int64_t from = corner + k / run * line + k % run;
          const double w = weight[k * channels + c];
          sum += wide[from] * w;
          to_wide[from] += narrow[at] * w;
          to_weight[k * channels + c] += static_cast<double>(narrow[at]) * wide[from];
        }
        to_narrow[at] = std::max(sum, 0.0);
      }

  Numbers our_narrow(narrow.size()), our_weight = weight;
  // One number more than there are, which nobody may touch.
  Numbers our_wide(wide.size() + 1, 7), without_bias = our_wide;
  kernels->narrow_from_wide(g, kImages, wide.data(), weight.data(), bias.data(), true,
                            our_narrow.data());
  Numbers ordered(kernels->ordered);
  kernels->order(turned.data(), wide_bias.data(), ordered.data());
  kernels->wide_from_narrow(g, kImages, narrow.data(), ordered.data(), true, our_wide.data());
  kernels->order(turned.data(), nullptr, ordered.data());
  kernels->wide_from_narrow(g, kImages, narrow.data(), ordered.data(), false, without_bias.data());
  kernels->add_weight_gradient(g, kImages, wide.data(), narrow.data(), our_weight.data());
  expect_near(our_narrow, to_narrow, "narrow");
  EXPECT_EQ(our_wide.back(), 7);
  EXPECT_EQ(without_bias.back(), 7);
  std::vector<double> to_wide_plain = to_wide;
  for (std::size_t i = 0; i < to_wide.size(); ++i) {
    to_wide_plain[i] -= wide_bias[i % wide_bias.size()];
    to_wide[i] = std::max(to_wide[i], 0.0);
  }
  expect_near(our_wide, to_wide, "wide");
  expect_near(without_bias, to_wide_plain, "wide without bias");
  expect_near(our_weight, to_weight, "weight");
}

// What no sum is: a bias that is not finite goes through a layer without weights as it is.
TEST_P(DirectKernelsOf, TakeReluOfWhatIsNotFiniteAsTorchDoes) {
  const auto& [g, vectors] = GetParam();
  if (!has(vectors)) GTEST_SKIP() << "this processor has no such vectors";
  const DirectKernels* kernels = direct_kernels(g, vectors);
  ASSERT_NE(kernels, nullptr);
  const std::int64_t patch = g.kernel * g.kernel * g.wide_channels;
  const Numbers wide(static_cast<std::size_t>(g.wide())),
      narrow(static_cast<std::size_t>(g.narrow())),
      weight(static_cast<std::size_t>(patch * g.narrow_channels));
  const auto biases = [](std::int64_t channels) {
    Numbers bias(static_cast<std::size_t>(channels));
    for (std::size_t i = 0; i < bias.size(); ++i) bias[i] = kNotFinite[i % kNotFinite.size()];
    return bias;
  };
  const Numbers narrow_bias = biases(g.narrow_channels), wide_bias = biases(g.wide_channels);
  Numbers to_narrow(narrow.size()), to_wide(wide.size());
  kernels->narrow_from_wide(g, 1, wide.data(), weight.data(), narrow_bias.data(), true,
                            to_narrow.data());
  Numbers ordered(kernels->ordered);
  kernels->order(weight.data(), wide_bias.data(), ordered.data());
  kernels->wide_from_narrow(g, 1, narrow.data(), ordered.data(), true, to_wide.data());
  for (std::size_t i = 0; i < to_narrow.size(); ++i)
    expect_same(to_narrow[i], relu_of_torch(narrow_bias[i % narrow_bias.size()]));
  for (std::size_t i = 0; i < to_wide.size(); ++i)
    expect_same(to_wide[i], relu_of_torch(wide_bias[i % wide_bias.size()]));
}

// The layers at depth 8, and at depth 32 those nearest to the picture.
INSTANTIATE_TEST_SUITE_P(Layers, DirectKernelsOf,
                         testing::Combine(testing::Values(PatchGrid{64, 64, 3, 31, 31, 8, 4, 2},
                                                          PatchGrid{31, 31, 8, 14, 14, 16, 4, 2},
                                                          PatchGrid{14, 14, 16, 6, 6, 32, 4, 2},
                                                          PatchGrid{6, 6, 32, 2, 2, 64, 4, 2},
                                                          PatchGrid{13, 13, 16, 5, 5, 32, 5, 2},
                                                          PatchGrid{30, 30, 8, 13, 13, 16, 6, 2},
                                                          PatchGrid{64, 64, 3, 30, 30, 8, 6, 2},
                                                          PatchGrid{64, 64, 3, 31, 31, 32, 4, 2},
                                                          PatchGrid{64, 64, 3, 30, 30, 32, 6, 2}),
                                          testing::Values(Vectors::avx2, Vectors::avx512)));

// For each instruction set that the compiler makes of it, at every place in a vector.
TEST(DirectKernels, GradientsBeforeAReluAreTorchs) {
  constexpr std::int64_t kCount = 67;
  for (std::size_t shift = 0; shift < kNotFinite.size(); ++shift) {
    Numbers y(kCount), gradient(kCount), ours(kCount);
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

TEST(DirectKernels, AreNoneForOtherSizes) {
  EXPECT_EQ(direct_kernels({64, 64, 3, 31, 31, 7, 4, 2}, Vectors::avx2), nullptr);
}

TEST(DirectKernels, SumRowsOfAnyNumberAndLength) {
  for (const std::int64_t channels : {3, 16, 64, 70})
    for (const std::int64_t rows : {1, 16, 37}) {
      const Numbers x = random_numbers(rows * channels, 5);
      Numbers sum(channels, 1.0F);
      std::vector<double> right(channels, 1.0);
      for (std::size_t i = 0; i < x.size(); ++i) right[i % channels] += x[i];
      add_rows(rows, channels, x.data(), sum.data());
      expect_near(sum, right, "sum");
    }
}

}  // namespace
}  // namespace dreamer::fused
