#pragma once

#include <cstdint>
#include <vector>

namespace dreamer {

// Statistics of samples that are not empty.

[[nodiscard]] double mean_of(const std::vector<double>& values);
/// Of the population: divided by their number.
[[nodiscard]] double stddev_of(const std::vector<double>& values);
/// The mean of what is left without the lowest and the highest quarter, rounded down (Agarwal et
/// al. 2021): of fewer than four values their mean.
[[nodiscard]] double interquartile_mean(std::vector<double> values);

struct ConfidenceInterval {
  double low, high;
};
/// The 95 % interval of the mean by the percentile bootstrap: 10,000 resamples, drawn from `seed`.
[[nodiscard]] ConfidenceInterval bootstrap_ci95(const std::vector<double>& values,
                                                std::int64_t seed);

}  // namespace dreamer
