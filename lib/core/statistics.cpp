#include "core/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "core/random.h"

namespace dreamer {

double mean_of(const std::vector<double>& values) {
  return std::reduce(values.begin(), values.end()) / static_cast<double>(values.size());
}

double stddev_of(const std::vector<double>& values) {
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

double interquartile_mean(std::vector<double> values) {
  const auto quarter = static_cast<std::ptrdiff_t>(values.size() / 4);
  std::ranges::sort(values);
  return mean_of({values.begin() + quarter, values.end() - quarter});
}

ConfidenceInterval bootstrap_ci95(const std::vector<double>& values, std::int64_t seed) {
  constexpr std::size_t kResamples = 10000;
  const RandomStream stream(static_cast<std::uint64_t>(seed), "bootstrap");
  std::vector<double> means(kResamples);
  for (std::size_t r = 0; r < kResamples; ++r) {
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
      sum += values[stream.below(values.size(), r, i)];
    means[r] = sum / static_cast<double>(values.size());
  }
  std::ranges::sort(means);
  return {means[kResamples / 40], means[kResamples - 1 - kResamples / 40]};
}

}  // namespace dreamer
