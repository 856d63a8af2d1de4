#include "fused/matrix_kernels.h"

#include <algorithm>

#include "fused/instruction_sets.h"

namespace dreamer::fused {

namespace {

#define DREAMER_KERNELS "fused/matrix_kernels.inc"
#include "fused/instruction_sets.inc"

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

}  // namespace dreamer::fused
