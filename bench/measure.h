#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <torch/torch.h>

namespace dreamer::bench {

/// Seconds since it was made or last asked.
class Stopwatch {
 public:
  [[nodiscard]] double lap();

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_ = Clock::now();
};

[[nodiscard]] double median(std::vector<double> values);

/// The float32 product of two 2048×2048 matrices: what this machine can do just now.
class Roof {
 public:
  explicit Roof(torch::Device device);
  /// GFLOP/s of one product.
  double sample();

 private:
  torch::Tensor a_, b_, out_;
};

/// GiB that this process held at most so far.
[[nodiscard]] double peak_memory();

/// The processor's name as the kernel gives it.
[[nodiscard]] std::string processor();

/// Waits for what a GPU still has to do.
void synchronize(torch::Device device);

}  // namespace dreamer::bench
