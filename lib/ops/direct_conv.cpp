#include "ops/direct_conv.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace dreamer::ops {

#if defined(__x86_64__)

namespace {

// A layer on square images, by the sizes of the convolution's input and output sides.
template <int input_channels, int input_columns, int output_channels, int kernel>
struct ConvLayer {
  static constexpr int kIn = input_channels, kInColumns = input_columns, kOut = output_channels;
  static constexpr int kKernel = kernel, kStride = 2;
  static constexpr int kOutColumns = (input_columns - kernel) / kStride + 1;

  static bool is(const ConvShape& s) {
    return s.input_channels == kIn && s.input_rows == kInColumns && s.input_columns == kInColumns &&
           s.output_channels == kOut && s.output_rows == kOutColumns &&
           s.output_columns == kOutColumns && s.kernel == kKernel && s.stride == kStride;
  }
};

#define DREAMER_KERNEL_FILE "ops/direct_conv-inl.h"
#include "ops/instruction_sets-inl.h"

template <class Layer>
const DirectConv* kernels_of(Vectors vectors) {
  static constexpr DirectConv kAvx2 = avx2::kernels<Layer>(), kAvx512 = avx512::kernels<Layer>();
  const DirectConv& kernels = vectors == Vectors::avx512 ? kAvx512 : kAvx2;
  return kernels.forward == nullptr ? nullptr : &kernels;
}

template <class... Layers>
const DirectConv* find(const ConvShape& shape, Vectors vectors) {
  const DirectConv* found = nullptr;
  static_cast<void>(((Layers::is(shape) && ((found = kernels_of<Layers>(vectors)), true)) || ...));
  return found;
}

}  // namespace

const DirectConv* direct_conv(const ConvShape& shape, Vectors vectors) {
  return find<
      // Encoder and decoder of depth 8 on images of 64×64.
      ConvLayer<3, 64, 8, 4>, ConvLayer<8, 31, 16, 4>, ConvLayer<16, 14, 32, 4>,
      ConvLayer<32, 6, 64, 4>, ConvLayer<16, 13, 32, 5>, ConvLayer<8, 30, 16, 6>,
      ConvLayer<3, 64, 8, 6>,
      // The layers of depth 32 nearest to the image.
      ConvLayer<3, 64, 32, 4>, ConvLayer<3, 64, 32, 6>>(shape, vectors);
}

#else

const DirectConv* direct_conv(const ConvShape&, Vectors) { return nullptr; }

#endif

const DirectConv* direct_conv(const ConvShape& shape) {
  if (has(Vectors::avx512)) return direct_conv(shape, Vectors::avx512);
  if (has(Vectors::avx2)) return direct_conv(shape, Vectors::avx2);
  return nullptr;
}

}  // namespace dreamer::ops
