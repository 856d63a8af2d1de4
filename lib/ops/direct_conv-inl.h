// Direct convolutions for layers whose sizes the compiler knows. Included after vectors-inl.h, once
// an instruction set.
//
// Every kernel multiplies a vector by a broadcast scalar and adds to a register tile of
// accumulators. Letters: C input channels, O output channels, k kernel side; K = k·k·C values of a
// patch, of which a row (k·C) is contiguous in the input.
//
// Forward. A tile is `kPositions` adjacent output columns × `kLanes` output channels; a step adds
// one value of each column's patch times one row of the weight:
//
//            input row (channels innermost)                 weight [K,O]
//      |p0 patch row k·C |                               K  +-- kLanes --+
//            |p1 patch row k·C |        ──────▶          |  | w w w w w w|   tile[p] += x[p]·w
//                  |p2 patch row k·C |                   ▼  |            |
//
// Backward weight (a register tile of the weight's gradient, summed over all positions of all
// images): `kCount` values of a patch row × `kLanes` output channels.

// The largest divisor of n that is at most `limit`.
constexpr int divisor(int n, int limit) {
  int d = n < limit ? n : limit;
  while (n % d != 0) --d;
  return d;
}

// The largest power of two that is at most n and `limit`, itself a power of two.
constexpr int power_of_two(int n, int limit) {
  int p = limit;
  while (p > n) p /= 2;
  return p;
}

// y, with `relu` at least 0, as torch.relu has it: NaN stays NaN.
template <int kFloats>
DREAMER_INLINE Vector<kFloats> activated(const Vector<kFloats>& y, bool relu) {
  return relu ? (y <= 0 ? Vector<kFloats>{} : y) : y;
}

template <class Layer>
struct Sizes : Layer {
  using Layer::kOutColumns, Layer::kKernel, Layer::kOut, Layer::kIn;
  // Floats of an input row, from a patch to the next one's, of a patch's row and of a patch.
  static constexpr int kInRow = Layer::kInColumns * kIn, kStep = Layer::kStride * kIn;
  static constexpr int kKernelRow = kKernel * kIn, kPatch = kKernel * kKernelRow;
  // Vectors across output channels, which must fill them.
  static constexpr int kFloats = power_of_two(kOut, kWidth);
  static constexpr bool kFits = kOut % kFloats == 0;
  static constexpr int kVectors = divisor(kOut / kFloats, 4);
  static constexpr int kLanes = kFloats * kVectors;
  // Adjacent columns of a tile; a row is split evenly.
  static constexpr int kMost = kAccumulators / kVectors;
  static constexpr int kBlocks = (kOutColumns + kMost - 1) / kMost;
  static constexpr int kPositions = (kOutColumns + kBlocks - 1) / kBlocks;
};

// output [kPositions, kLanes] = bias + Σ over K of input · weight [K,O].
template <class S, int kPositions>
DREAMER_INLINE void forward_tile(const float* __restrict input, const float* __restrict weight,
                                 const float* bias, bool relu, float* __restrict output) {
  Vector<S::kFloats> sum[kPositions][S::kVectors];
  for (int v = 0; v < S::kVectors; ++v) {
    Vector<S::kFloats> start = {};
    if (bias != nullptr) start = load<S::kFloats>(bias + v * S::kFloats);
#pragma GCC unroll 32
    for (int p = 0; p < kPositions; ++p) sum[p][v] = start;
  }
  for (int k = 0; k < S::kKernel; ++k)
    for (int x = 0; x < S::kKernelRow; ++x) {
      const float* from = input + k * S::kInRow + x;
      const float* with = weight + (k * S::kKernelRow + x) * S::kOut;
#pragma GCC unroll 4
      for (int v = 0; v < S::kVectors; ++v) {
        const auto w = load<S::kFloats>(with + v * S::kFloats);
#pragma GCC unroll 32
        for (int p = 0; p < kPositions; ++p) sum[p][v] += from[p * S::kStep] * w;
      }
    }
#pragma GCC unroll 32
  for (int p = 0; p < kPositions; ++p)
#pragma GCC unroll 4
    for (int v = 0; v < S::kVectors; ++v)
      store<S::kFloats>(activated<S::kFloats>(sum[p][v], relu),
                        output + p * S::kOut + v * S::kFloats);
}

template <class Layer>
DREAMER_TARGET void forward(const ConvShape& shape, std::int64_t images, const float* input,
                            const float* weight, const float* bias, bool relu, float* output) {
  using S = Sizes<Layer>;
  for (std::int64_t n = 0; n < images; ++n)
    for (std::int64_t i = 0; i < shape.output_rows; ++i) {
      const float* line = input + n * shape.input_size() + i * Layer::kStride * S::kInRow;
      float* row = output + n * shape.output_size() + i * S::kOutColumns * S::kOut;
      for (int c = 0; c < S::kOut; c += S::kLanes) {
        const float* from = bias == nullptr ? nullptr : bias + c;
        int j = 0;
        for (; j + S::kPositions <= S::kOutColumns; j += S::kPositions)
          forward_tile<S, S::kPositions>(line + j * S::kStep, weight + c, from, relu,
                                         row + j * S::kOut + c);
        constexpr int kRest = S::kOutColumns % S::kPositions;
        if constexpr (kRest > 0)
          forward_tile<S, kRest>(line + j * S::kStep, weight + c, from, relu,
                                 row + j * S::kOut + c);
      }
    }
}

// gradient [kCount of K, kLanes of O] += Σ over the positions of all images of input' · output.
template <class S, int kCount>
DREAMER_INLINE void weight_tile(const ConvShape& shape, std::int64_t images,
                                const float* __restrict input, const float* __restrict output,
                                float* __restrict gradient) {
  Vector<S::kFloats> sum[kCount][S::kVectors];
#pragma GCC unroll 32
  for (int x = 0; x < kCount; ++x)
#pragma GCC unroll 4
    for (int v = 0; v < S::kVectors; ++v)
      sum[x][v] = load<S::kFloats>(gradient + x * S::kOut + v * S::kFloats);
  for (std::int64_t n = 0; n < images; ++n)
    for (std::int64_t i = 0; i < shape.output_rows; ++i) {
      const float* from = input + n * shape.input_size() + i * S::kStride * S::kInRow;
      const float* with = output + n * shape.output_size() + i * S::kOutColumns * S::kOut;
      for (int j = 0; j < S::kOutColumns; ++j) {
#pragma GCC unroll 4
        for (int v = 0; v < S::kVectors; ++v) {
          const auto y = load<S::kFloats>(with + j * S::kOut + v * S::kFloats);
#pragma GCC unroll 32
          for (int x = 0; x < kCount; ++x) sum[x][v] += from[j * S::kStep + x] * y;
        }
      }
    }
#pragma GCC unroll 32
  for (int x = 0; x < kCount; ++x)
#pragma GCC unroll 4
    for (int v = 0; v < S::kVectors; ++v)
      store<S::kFloats>(sum[x][v], gradient + x * S::kOut + v * S::kFloats);
}

template <class Layer>
DREAMER_TARGET void backward_weight(const ConvShape& shape, std::int64_t images, const float* input,
                                    const float* output, float* gradient) {
  using S = Sizes<Layer>;
  constexpr int kCount = divisor(S::kKernelRow, kAccumulators / S::kVectors);
  for (int k = 0; k < S::kKernel; ++k)
    for (int x = 0; x < S::kKernelRow; x += kCount)
      for (int c = 0; c < S::kOut; c += S::kLanes)
        weight_tile<S, kCount>(shape, images, input + k * S::kInRow + x, output + c,
                               gradient + (k * S::kKernelRow + x) * S::kOut + c);
}

// After what they share.
#include "ops/direct_conv_channels-inl.h"
#include "ops/direct_conv_columns-inl.h"
#include "ops/direct_conv_window-inl.h"

// The kernels of a layer; null if its sizes fit none of the algorithms.
template <class Layer>
constexpr DirectConv kernels() {
  using S = Sizes<Layer>;
  DirectConv found = {};
  if constexpr (S::kFits && (OverColumns<S>::kFits || OverChannels<S>::kFits)) {
    found.forward = forward<Layer>;
    if constexpr (OverColumns<S>::kFits) {
      found.packed = OverColumns<S>::kPacked;
      found.pack = pack_over_columns<Layer>;
      found.backward_data = backward_data_over_columns<Layer>;
    } else {
      found.packed = OverChannels<S>::kPacked;
      found.pack = pack_over_channels<Layer>;
      found.backward_data = backward_data_over_channels<Layer>;
    }
    if constexpr (SlidingWindow<S>::kFits)
      found.backward_weight = backward_weight_by_window<Layer>;
    else
      found.backward_weight = backward_weight<Layer>;
  }
  return found;
}
