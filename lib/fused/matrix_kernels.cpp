#include "fused/matrix_kernels.h"

#include <algorithm>

#include "fused/instruction_sets.h"

namespace dreamer::fused {

namespace {

#if defined(__x86_64__)
namespace avx512 {
#define DREAMER_TARGET __attribute__((target("arch=x86-64-v4")))
constexpr int kWidth = 16, kAccumulators = 24;
#include "fused/vectors.inc"
// Behind the vectors, which it is made of.
#include "fused/matrix_kernels.inc"
#undef DREAMER_INLINE
#undef DREAMER_TARGET
}  // namespace avx512

namespace avx2 {
#define DREAMER_TARGET __attribute__((target("arch=x86-64-v3")))
constexpr int kWidth = 8, kAccumulators = 12;
#include "fused/vectors.inc"
// Behind the vectors, which it is made of.
#include "fused/matrix_kernels.inc"
#undef DREAMER_INLINE
#undef DREAMER_TARGET
}  // namespace avx2
#endif

namespace plain {
#define DREAMER_TARGET
constexpr int kWidth = 4, kAccumulators = 12;
#include "fused/vectors.inc"
// Behind the vectors, which it is made of.
#include "fused/matrix_kernels.inc"
#undef DREAMER_INLINE
#undef DREAMER_TARGET
}  // namespace plain

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
