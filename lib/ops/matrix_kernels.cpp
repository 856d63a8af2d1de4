#include "ops/matrix_kernels.h"

#include <algorithm>

#include "ops/instruction_sets.h"

namespace dreamer::ops {

namespace {

#define DREAMER_KERNEL_FILE "ops/matrix_kernels-inl.h"
#include "ops/instruction_sets-inl.h"

}  // namespace

const std::vector<const MatrixKernel*>& matrix_kernels() {
  static const std::vector<const MatrixKernel*> all = [] {
    std::vector<const MatrixKernel*> found;
#if defined(__x86_64__)
    if (has(Vectors::avx512)) found.push_back(&avx512::kProduct);
    if (has(Vectors::avx2)) found.push_back(&avx2::kProduct);
#endif
    found.push_back(&plain::kProduct);
    return found;
  }();
  return all;
}

}  // namespace dreamer::ops
