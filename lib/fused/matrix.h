#pragma once

#include <cstdint>

namespace dreamer::fused {

// Products of row-major matrices without gaps, in memory that is there already. N rows.

/// y [N,out] = x [N,in] · weight' + beta · y: a dense layer, weight [out,in].
void dense(std::int64_t rows, std::int64_t in, std::int64_t out, const float* x,
           const float* weight, float beta, float* y);

/// dx [N,in] = dy [N,out] · weight + beta · dx: what reaches the layer's input.
void dense_backward(std::int64_t rows, std::int64_t in, std::int64_t out, const float* dy,
                    const float* weight, float beta, float* dx);

}  // namespace dreamer::fused
