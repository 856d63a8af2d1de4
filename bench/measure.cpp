#include "measure.h"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>

namespace dreamer::bench {

double Stopwatch::lap() {
  const auto now = Clock::now();
  const std::chrono::duration<double> passed = now - last_;
  last_ = now;
  return passed.count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

constexpr std::int64_t kSide = 2048;

Roof::Roof(torch::Device device)
    : a_(torch::rand({kSide, kSide}, device)),
      b_(torch::rand({kSide, kSide}, device)),
      out_(torch::empty({kSide, kSide}, device)) {
  sample();  // the first one sets things up
}

double Roof::sample() {
  synchronize(a_.device());
  Stopwatch watch;
  torch::mm_out(out_, a_, b_);
  synchronize(a_.device());
  return 2e-9 * kSide * kSide * kSide / watch.lap();
}

double peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / (1 << 20);
}

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

void synchronize(torch::Device device) {
  if (device.is_cuda()) torch::cuda::synchronize(device.index());
}

}  // namespace dreamer::bench
