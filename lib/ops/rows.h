#pragma once

#include <algorithm>

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include "ops/kernels.h"

namespace dreamer::ops {

/// Whether the kernels of this folder serve these weights and constants: on the CPU, in float32,
/// and not switched off.
[[nodiscard]] inline bool applies(const torch::Tensor& weight,
                                  at::ArrayRef<torch::Tensor> constants = {}) {
  const auto ours = [](const torch::Tensor& x) {
    return x.is_cpu() && x.scalar_type() == torch::kFloat32;
  };
  return kernels() == Kernels::fast && ours(weight) &&
         std::all_of(constants.begin(), constants.end(),
                     [&](const torch::Tensor& x) { return ours(x) && !x.requires_grad(); });
}

inline const float* read(const torch::Tensor& x) { return x.const_data_ptr<float>(); }

/// Some of the N rows.
struct Block {
  std::int64_t first, count;
};
/// Calls work(block) until all `n` rows have been in one, on all threads. No row depends on
/// another, so that a block goes through all steps by itself and the threads wait for each other
/// only once.
template <class Work>
void for_blocks(std::int64_t n, const Work& work) {
  constexpr std::int64_t kFewest = 8;  // rows that one kernel multiplies at once
  at::parallel_for(0, n, kFewest, [&](std::int64_t begin, std::int64_t end) {
    work(Block{begin, end - begin});
  });
}

/// All but the last axis as one: [...,K] -> [rows,K].
inline torch::Tensor rows(const torch::Tensor& x) { return x.flatten(0, -2); }

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

}  // namespace dreamer::ops
