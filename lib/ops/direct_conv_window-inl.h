// Backward weight for layers with so few output channels that a broadcast value of the input would
// be used for one vector only. It slides over the input row in pairs of adjacent columns; each of a
// pair's values is multiplied by all output positions whose patches contain it, which are adjacent
// (the window):
//
//   input row              … | pair b   | pair b+1 | …
//   output positions    [b−1  b]                          k = 4: a window of two positions
//                             [b   b+1]
//   gradient[row, value, tap j] += x[value] · dy[position − j]
template <class S>
struct SlidingWindow {
  static constexpr int kTaps = S::kKernel / 2;
  static constexpr int kPairFloats = 2 * S::kIn;
  static constexpr int kRows =
      divisor(S::kKernel, kAccumulators / (kPairFloats * kTaps));  // at once

  static constexpr bool kFits = S::kStride == 2 && S::kKernel % 2 == 0 && S::kOut == S::kFloats &&
                                S::kOut < kWidth && kPairFloats * kTaps <= kAccumulators;
};

template <class S>
using WindowSums = Vector<S::kFloats>[SlidingWindow<S>::kRows][SlidingWindow<S>::kPairFloats]
                                     [SlidingWindow<S>::kTaps];

// sum += the pair at `input` times the positions that go back from `output`, of which those of the
// taps [kFirst, kEnd) exist.
template <class S, int kFirst, int kEnd>
DREAMER_INLINE void add_window(const float* __restrict input, const float* __restrict output,
                               WindowSums<S>& sum) {
  using W = SlidingWindow<S>;
  Vector<S::kFloats> window[kEnd];
#pragma GCC unroll 4
  for (int j = kFirst; j < kEnd; ++j) window[j] = load<S::kFloats>(output - j * S::kOut);
#pragma GCC unroll 4
  for (int k = 0; k < W::kRows; ++k)
#pragma GCC unroll 16
    for (int x = 0; x < W::kPairFloats; ++x) {
      const float value = input[k * S::kInRow + x];
#pragma GCC unroll 4
      for (int j = kFirst; j < kEnd; ++j) sum[k][x][j] += value * window[j];
    }
}

// At both ends of a row the window is cut: kCut positions are missing.
template <class S, int kCut>
DREAMER_INLINE void add_edges(const float* __restrict input, const float* __restrict output,
                              WindowSums<S>& sum) {
  using W = SlidingWindow<S>;
  if constexpr (kCut > 0) {
    constexpr int kLeft = W::kTaps - 1 - kCut, kRight = S::kOutColumns - 1 + kCut;
    add_window<S, 0, W::kTaps - kCut>(input + kLeft * W::kPairFloats, output + kLeft * S::kOut,
                                      sum);
    add_window<S, kCut, W::kTaps>(input + kRight * W::kPairFloats, output + kRight * S::kOut, sum);
    add_edges<S, kCut - 1>(input, output, sum);
  }
}

// Prefetches `count` floats into the second-level cache.
DREAMER_INLINE void prefetch(const float* from, int count) {
  constexpr int kCacheLine = 16;
  for (int i = 0; i < count; i += kCacheLine) __builtin_prefetch(from + i, 0, 2);
}

template <class Layer>
DREAMER_TARGET void backward_weight_by_window(const ConvShape& shape, std::int64_t images,
                                              const float* input, const float* output,
                                              float* gradient) {
  using S = Sizes<Layer>;
  using W = SlidingWindow<S>;
  for (int row = 0; row < S::kKernel;
       row += W::kRows, gradient += W::kRows * S::kKernelRow * S::kOut) {
    WindowSums<S> sum = {};
    for (std::int64_t n = 0; n < images; ++n)
      for (std::int64_t i = 0; i < shape.output_rows; ++i) {
        const float* from = input + n * shape.input_size() + (i * S::kStride + row) * S::kInRow;
        const float* with = output + n * shape.output_size() + i * S::kOutColumns * S::kOut;
        if (row + W::kRows == S::kKernel) {  // the next images, most likely
          prefetch(from - row * S::kInRow + images * shape.input_size(), S::kStride * S::kInRow);
          prefetch(with + images * shape.output_size(), S::kOutColumns * S::kOut);
        }
        add_edges<S, W::kTaps - 1>(from, with, sum);
        for (int b = W::kTaps - 1; b < S::kOutColumns; ++b)
          add_window<S, 0, W::kTaps>(from + b * W::kPairFloats, with + b * S::kOut, sum);
      }
#pragma GCC unroll 4
    for (int k = 0; k < W::kRows; ++k)
#pragma GCC unroll 16
      for (int x = 0; x < W::kPairFloats; ++x)
#pragma GCC unroll 4
        for (int j = 0; j < W::kTaps; ++j) {
          float* to = gradient + (k * S::kKernelRow + j * W::kPairFloats + x) * S::kOut;
          store<S::kFloats>(load<S::kFloats>(to) + sum[k][x][j], to);
        }
  }
}
