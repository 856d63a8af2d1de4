#pragma once

#include <ATen/Parallel.h>
#include <torch/torch.h>

namespace dreamer::fused {

/// A sum that every thread adds to in memory of its own, so that none waits for another; the parts
/// are summed in the order of the threads.
class PerThread {
 public:
  PerThread(torch::IntArrayRef shape, const torch::TensorOptions& options) {
    auto all = shape.vec();
    all.insert(all.begin(), at::get_num_threads());
    parts_ = torch::zeros(all, options);
  }
  [[nodiscard]] float* mine() const {
    return parts_.data_ptr<float>() + at::get_thread_num() * parts_.stride(0);
  }
  [[nodiscard]] torch::Tensor sum() const {
    return parts_.size(0) == 1 ? parts_[0] : parts_.sum(0);
  }

 private:
  torch::Tensor parts_;
};

}  // namespace dreamer::fused
