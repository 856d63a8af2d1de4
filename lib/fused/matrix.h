#pragma once

#include <cstdint>

namespace dreamer::fused {

// Products of row-major matrices without gaps, into memory that is there already. Called by one
// thread they use all of LibTorch's; called by several, each computes its own.

enum class Transpose { no, yes };

/// out [rows,columns] = a · b + beta · out, where a is [rows,inner] and b [inner,columns], or their
/// transposes lie in memory.
void gemm(Transpose transpose_a, Transpose transpose_b, std::int64_t rows, std::int64_t columns,
          std::int64_t inner, const float* a, const float* b, float beta, float* out);

/// A dense layer: y [N,out] = x [N,in] · weight' + beta · y, weight [out,in].
inline void dense(std::int64_t n, std::int64_t in, std::int64_t out, const float* x,
                  const float* weight, float beta, float* y) {
  gemm(Transpose::no, Transpose::yes, n, out, in, x, weight, beta, y);
}

/// What reaches a dense layer's input: dx [N,in] = dy [N,out] · weight + beta · dx.
inline void dense_backward(std::int64_t n, std::int64_t in, std::int64_t out, const float* dy,
                           const float* weight, float beta, float* dx) {
  gemm(Transpose::no, Transpose::no, n, in, out, dy, weight, beta, dx);
}

}  // namespace dreamer::fused
