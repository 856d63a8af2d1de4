#include "ops/matrix.h"

#include <algorithm>

#include <ATen/Parallel.h>

namespace dreamer::ops {

namespace {

// Rows of a panel that are multiplied with all of A before the next ones: 32 KB with AVX-512.
constexpr std::int64_t kPanelRows = 256;

// Columns [first, first + width) of rows [begin, end) of B [K,N] become a panel.
void pack(Transpose transpose, const float* b, std::int64_t k, std::int64_t n, std::int64_t begin,
          std::int64_t end, std::int64_t first, std::int64_t width, std::int64_t panel,
          float* out) {
  if (transpose == Transpose::no) {
    constexpr std::int64_t kPanel = 32;  // of AVX-512: a length the compiler knows
    for (std::int64_t i = begin; i < end; ++i, out += panel) {
      const float* from = b + i * n + first;
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
      out[(i - begin) * panel + c] = c < width ? b[(first + c) * k + i] : 0;
}

}  // namespace

Packed::Packed(Transpose transpose, std::int64_t k, std::int64_t n, const float* b) : k_(k), n_(n) {
  const std::int64_t panel = matrix_kernels().front()->panel, panels = (n + panel - 1) / panel;
  panels_ = torch::empty({panels, k, panel});
  auto* out = panels_.data_ptr<float>();
  for (std::int64_t first = 0; first < n; first += panel, out += k * panel)
    pack(transpose, b, k, n, 0, k, first, std::min(panel, n - first), panel, out);
}

void multiply(std::int64_t m, const float* a, const Packed& b, const Accumulate& mode, float* c) {
  const MatrixKernel& kernel = *matrix_kernels().front();
  const std::int64_t k = b.k(), n = b.n(), panel = kernel.panel;
  constexpr std::int64_t kFewest = 64;  // rows of a thread
  at::parallel_for(0, m, kFewest, [&](std::int64_t begin, std::int64_t end) {
    const float* from = b.panels();
    for (std::int64_t first = 0; first < n; first += panel, from += k * panel)
      kernel.product(end - begin, {a + begin * k, k, 1}, from, k, mode.addend(c, n, begin, first),
                     {c + begin * n + first, n, std::min(panel, n - first)});
  });
}

void gemm(Transpose transpose_a, Transpose transpose_b, std::int64_t m, std::int64_t n,
          std::int64_t k, const float* a, const float* b, const Accumulate& mode, float* c) {
  const MatrixKernel& kernel = *matrix_kernels().front();
  const std::int64_t panel = kernel.panel;
  constexpr std::int64_t kFewest = 24;
  at::parallel_for(0, m, kFewest, [&](std::int64_t begin, std::int64_t end) {
    thread_local torch::Tensor memory;
    if (!memory.defined()) memory = torch::empty({kPanelRows, panel});
    auto* packed = memory.data_ptr<float>();
    for (std::int64_t i = 0; i < k; i += kPanelRows) {
      const std::int64_t stop = std::min(k, i + kPanelRows);
      const MatrixView view = transpose_a == Transpose::no ? MatrixView{a + begin * k + i, k, 1}
                                                           : MatrixView{a + begin + i * m, 1, m};
      for (std::int64_t first = 0; first < n; first += panel) {
        const std::int64_t width = std::min(panel, n - first);
        pack(transpose_b, b, k, n, i, stop, first, width, panel, packed);
        kernel.product(end - begin, view, packed, stop - i,
                       (i == 0 ? mode : Accumulate::add()).addend(c, n, begin, first),
                       {c + begin * n + first, n, width});
      }
    }
  });
}

}  // namespace dreamer::ops
