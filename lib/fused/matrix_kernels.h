#pragma once

#include <cstdint>
#include <vector>

namespace dreamer::fused {

/// Where the numbers of a matrix are: row r's at inner index i is from[r · row + i · inner].
struct Strided {
  const float* from;
  std::int64_t row, inner;
};

/// What sums begin with, row by row of a matrix: nothing (0), the same numbers for every row, or
/// what is there already.
struct Part {
  const float* from = nullptr;
  std::int64_t row = 0;
};

/// Where sums go: `width` columns of a matrix that has `row`.
struct Result {
  float* to;
  std::int64_t row, width;
};

/// A product of some rows of a with a panel, `panel` columns of b that lie together: [inner,panel],
/// in the last one those from `width` on 0.
struct MatrixKernel {
  std::int64_t panel;
  void (*product)(std::int64_t rows, const Strided& a, const float* panel, std::int64_t inner,
                  const Part& start, const Result& out);
};

/// Those that this machine can run, that with the widest vectors first.
[[nodiscard]] const std::vector<const MatrixKernel*>& matrix_kernels();

}  // namespace dreamer::fused
