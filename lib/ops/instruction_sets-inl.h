// The kernels of the file that DREAMER_KERNEL_FILE names, once for each instruction set: in
// namespaces avx512, avx2 (see `Vectors`) and plain, which any machine can run. In each stand the
// definitions that vectors-inl.h asks for, and vectors-inl.h itself.

#if defined(__x86_64__)
namespace avx512 {
#define DREAMER_TARGET __attribute__((target("arch=x86-64-v4")))
constexpr int kWidth = 16, kAccumulators = 24;
#include "ops/vectors-inl.h"
// Behind the vectors, which they are made of.
#include DREAMER_KERNEL_FILE
#undef DREAMER_TARGET
}  // namespace avx512

namespace avx2 {
#define DREAMER_TARGET __attribute__((target("arch=x86-64-v3")))
constexpr int kWidth = 8, kAccumulators = 12;
#include "ops/vectors-inl.h"
// Behind the vectors, which they are made of.
#include DREAMER_KERNEL_FILE
#undef DREAMER_TARGET
}  // namespace avx2
#endif

namespace plain {
#define DREAMER_TARGET
constexpr int kWidth = 4, kAccumulators = 12;
#include "ops/vectors-inl.h"
// Behind the vectors, which they are made of.
#include DREAMER_KERNEL_FILE
#undef DREAMER_TARGET
}  // namespace plain

#undef DREAMER_KERNEL_FILE
