#include "fused/patches.h"

#include <algorithm>

#include "fused/vectorized.h"

namespace dreamer::fused {

namespace {

// Visits the rows of all patches: visit(offset in wide, offset in patches). A row of a patch is a
// run of kernel·channels numbers, contiguous in both.
template <class Visit>
[[gnu::always_inline]] inline void for_rows(const PatchGrid& g, std::int64_t images,
                                            const Visit& visit) {
  const std::int64_t run = g.kernel * g.wide_channels;
  const std::int64_t line = g.wide_columns * g.wide_channels;
  const std::int64_t step = g.stride * g.wide_channels;
  std::int64_t row = 0;
  for (std::int64_t n = 0; n < images; ++n)
    for (std::int64_t i = 0; i < g.narrow_rows; ++i)
      for (std::int64_t j = 0; j < g.narrow_columns; ++j) {
        const std::int64_t corner = n * g.wide() + i * g.stride * line + j * step;
        for (std::int64_t k = 0; k < g.kernel; ++k, row += run) visit(corner + k * line, row);
      }
}

// The lengths of runs in the layers nearest to the picture, where they are short: known to the
// compiler they cost a third. 0: any.
template <int kRun>
[[gnu::always_inline]] inline void gather(const PatchGrid& g, std::int64_t images,
                                          const float* __restrict wide, float* __restrict patches) {
  const std::int64_t run = kRun > 0 ? kRun : g.kernel * g.wide_channels;
  for_rows(g, images, [&](std::int64_t at, std::int64_t row) {
    for (std::int64_t c = 0; c < run; ++c) patches[row + c] = wide[at + c];
  });
}
template <int kRun>
[[gnu::always_inline]] inline void scatter(const PatchGrid& g, std::int64_t images,
                                           const float* __restrict patches,
                                           float* __restrict wide) {
  const std::int64_t run = kRun > 0 ? kRun : g.kernel * g.wide_channels;
  for_rows(g, images, [&](std::int64_t at, std::int64_t row) {
    for (std::int64_t c = 0; c < run; ++c) wide[at + c] += patches[row + c];
  });
}

}  // namespace

DREAMER_VECTORIZED
void gather_patches(const PatchGrid& g, std::int64_t images, const float* wide, float* patches) {
  switch (g.kernel * g.wide_channels) {
    case 12:
      return gather<12>(g, images, wide, patches);
    case 18:
      return gather<18>(g, images, wide, patches);
    case 32:
      return gather<32>(g, images, wide, patches);
    case 48:
      return gather<48>(g, images, wide, patches);
    default:
      return gather<0>(g, images, wide, patches);
  }
}

DREAMER_VECTORIZED
void scatter_patches(const PatchGrid& g, std::int64_t images, const float* patches, float* wide) {
  switch (g.kernel * g.wide_channels) {
    case 18:
      return scatter<18>(g, images, patches, wide);
    case 32:
      return scatter<32>(g, images, patches, wide);
    case 48:
      return scatter<48>(g, images, patches, wide);
    default:
      return scatter<0>(g, images, patches, wide);
  }
}

DREAMER_VECTORIZED
void fill_rows(const float* bias, std::int64_t rows, std::int64_t channels, float* x) {
  for (std::int64_t r = 0; r < rows; ++r, x += channels) std::copy_n(bias, channels, x);
}

DREAMER_VECTORIZED
void relu(std::int64_t count, float* x) {
  for (std::int64_t i = 0; i < count; ++i) x[i] = x[i] > 0 ? x[i] : 0;
}

DREAMER_VECTORIZED
void relu_backward(std::int64_t count, const float* y, const float* gradient, float* out) {
  for (std::int64_t i = 0; i < count; ++i) out[i] = y[i] > 0 ? gradient[i] : 0;
}

DREAMER_VECTORIZED
void add_rows(std::int64_t rows, std::int64_t channels, const float* x, float* sum) {
  for (std::int64_t r = 0; r < rows; ++r, x += channels)
    for (std::int64_t c = 0; c < channels; ++c) sum[c] += x[c];
}

}  // namespace dreamer::fused
