#include "fused/matrix.h"

#include <algorithm>

#include <ATen/Parallel.h>

namespace dreamer::fused {

namespace {

// Inner indices of a panel that are multiplied with all rows before the next: 32 KB with AVX-512.
constexpr std::int64_t kInner = 256;

// Columns [first, first + width) of the inner indices [begin, end) of b become a panel.
void pack(Transpose transpose, const float* b, std::int64_t inner, std::int64_t columns,
          std::int64_t begin, std::int64_t end, std::int64_t first, std::int64_t width,
          std::int64_t panel, float* out) {
  if (transpose == Transpose::no) {
    constexpr std::int64_t kPanel = 32;  // of AVX-512: a length the compiler knows
    for (std::int64_t i = begin; i < end; ++i, out += panel) {
      const float* from = b + i * columns + first;
      if (width == kPanel) {
        std::copy_n(from, kPanel, out);
      } else {
        std::copy_n(from, width, out);
        std::fill(out + width, out + panel, 0.0F);
      }
    }
    return;
  }
  for (std::int64_t c = 0; c < panel; ++c)
    for (std::int64_t i = begin; i < end; ++i)
      out[(i - begin) * panel + c] = c < width ? b[(first + c) * inner + i] : 0;
}

}  // namespace

Packed::Packed(Transpose transpose, std::int64_t inner, std::int64_t columns, const float* b)
    : inner_(inner), columns_(columns) {
  const std::int64_t panel = matrix_kernels().front()->panel,
                     panels = (columns + panel - 1) / panel;
  panels_ = torch::empty({panels, inner, panel});
  float* out = panels_.data_ptr<float>();
  for (std::int64_t first = 0; first < columns; first += panel, out += inner * panel)
    pack(transpose, b, inner, columns, 0, inner, first, std::min(panel, columns - first), panel,
         out);
}

void multiply(std::int64_t rows, const float* a, const Packed& b, const Start& start, float* out) {
  const MatrixKernel& kernel = *matrix_kernels().front();
  const std::int64_t inner = b.inner(), columns = b.columns(), panel = kernel.panel;
  constexpr std::int64_t kFewest = 64;  // rows of a thread
  at::parallel_for(0, rows, kFewest, [&](std::int64_t begin, std::int64_t end) {
    const float* from = b.panels();
    for (std::int64_t first = 0; first < columns; first += panel, from += inner * panel)
      kernel.product(end - begin, {a + begin * inner, inner, 1}, from, inner,
                     start.part(out, columns, begin, first),
                     {out + begin * columns + first, columns, std::min(panel, columns - first)});
  });
}

void gemm(Transpose transpose_a, Transpose transpose_b, std::int64_t rows, std::int64_t columns,
          std::int64_t inner, const float* a, const float* b, const Start& start, float* out) {
  const MatrixKernel& kernel = *matrix_kernels().front();
  const std::int64_t panel = kernel.panel;
  constexpr std::int64_t kFewest = 24;
  at::parallel_for(0, rows, kFewest, [&](std::int64_t begin, std::int64_t end) {
    thread_local torch::Tensor memory;
    if (!memory.defined()) memory = torch::empty({kInner, panel});
    float* packed = memory.data_ptr<float>();
    for (std::int64_t i = 0; i < inner; i += kInner) {
      const std::int64_t stop = std::min(inner, i + kInner);
      const Strided part = transpose_a == Transpose::no ? Strided{a + begin * inner + i, inner, 1}
                                                        : Strided{a + begin + i * rows, 1, rows};
      for (std::int64_t first = 0; first < columns; first += panel) {
        const std::int64_t width = std::min(panel, columns - first);
        pack(transpose_b, b, inner, columns, i, stop, first, width, panel, packed);
        kernel.product(end - begin, part, packed, stop - i,
                       (i == 0 ? start : Start::out()).part(out, columns, begin, first),
                       {out + begin * columns + first, columns, width});
      }
    }
  });
}

}  // namespace dreamer::fused
