#pragma once

#include <cstdint>
#include <vector>

namespace dreamer::ops {

/// A matrix [M,K] in memory by its strides: element (m, k) is data[m · row + k · column].
struct MatrixView {
  const float* data;
  std::int64_t row, column;
};

/// What a product is added to: a matrix by its row stride, one row for all (stride 0), or null.
struct Addend {
  const float* data = nullptr;
  std::int64_t row = 0;
};

/// Where a product goes: `width` columns, by the row stride.
struct Destination {
  float* data;
  std::int64_t row, width;
};

/// C [M,width] = addend + A [M,K] · a panel of B, [K,panel] without gaps; in the last panel the
/// columns from `width` on are 0.
struct MatrixKernel {
  std::int64_t panel;
  void (*product)(std::int64_t m, const MatrixView& a, const float* panel, std::int64_t k,
                  const Addend& addend, const Destination& out);
};

/// Those that this machine can run, the one with the widest vectors first.
[[nodiscard]] const std::vector<const MatrixKernel*>& matrix_kernels();

}  // namespace dreamer::ops
