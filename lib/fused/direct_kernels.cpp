#include "fused/direct_kernels.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace dreamer::fused {

#if defined(__x86_64__)

namespace {

// A layer: a square wide picture, and the narrow one it is seen through.
template <int wide_channels, int wide_size, int narrow_channels, int kernel>
struct Layer {
  static constexpr int kWide = wide_channels, kWideColumns = wide_size, kNarrow = narrow_channels;
  static constexpr int kKernel = kernel, kStride = 2;
  static constexpr int kColumns = (wide_size - kernel) / kStride + 1;

  static bool is(const PatchGrid& g) {
    return g.wide_channels == kWide && g.wide_rows == kWideColumns &&
           g.wide_columns == kWideColumns && g.narrow_channels == kNarrow &&
           g.narrow_rows == kColumns && g.narrow_columns == kColumns && g.kernel == kKernel &&
           g.stride == kStride;
  }
};

#define DREAMER_KERNELS "fused/direct_kernels.inc"
#include "fused/instruction_sets.inc"

template <class Layer>
const DirectKernels* kernels_of(Vectors vectors) {
  static constexpr DirectKernels kAvx2 = avx2::kernels<Layer>(), kAvx512 = avx512::kernels<Layer>();
  return vectors == Vectors::avx512 ? &kAvx512 : &kAvx2;
}

template <class... Layers>
const DirectKernels* find(const PatchGrid& g, Vectors vectors) {
  const DirectKernels* found = nullptr;
  static_cast<void>(((Layers::is(g) && ((found = kernels_of<Layers>(vectors)), true)) || ...));
  return found;
}

}  // namespace

const DirectKernels* direct_kernels(const PatchGrid& g, Vectors vectors) {
  return find<
      // Encoder and decoder of depth 8 on pictures of 64×64.
      Layer<3, 64, 8, 4>, Layer<8, 31, 16, 4>, Layer<16, 14, 32, 4>, Layer<32, 6, 64, 4>,
      Layer<16, 13, 32, 5>, Layer<8, 30, 16, 6>, Layer<3, 64, 8, 6>,
      // The layers of depth 32 nearest to the picture.
      Layer<3, 64, 32, 4>, Layer<3, 64, 32, 6>>(g, vectors);
}

#else

const DirectKernels* direct_kernels(const PatchGrid&, Vectors) { return nullptr; }

#endif

const DirectKernels* direct_kernels(const PatchGrid& g) {
  if (has(Vectors::avx512)) return direct_kernels(g, Vectors::avx512);
  if (has(Vectors::avx2)) return direct_kernels(g, Vectors::avx2);
  return nullptr;
}

}  // namespace dreamer::fused
