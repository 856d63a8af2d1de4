// Backward data (also a transposed convolution's forward) at stride 2, with vectors over channels:
// for layers of which a pair of adjacent columns, 2·C floats, fills vectors.
//
// A transposed convolution's kernel, of k columns, falls into k/2 taps of two columns. Pair b of an
// input row gets tap 0 of output position b, tap 1 of position b−1, and so on:
//
//   output position       b-1        b        b+1
//                           \        |        /
//   kernel taps        t1 t0 \ t1 t0 | t1 t0 /          k = 4: two taps
//                             \/     |/
//   input column pairs    | pair b-1 | pair b  |         sum[pair] += x[position − tap] · weight
//
// so every pair is a sum that is complete before it is stored: nothing is read back.
template <class S>
struct OverChannels {
  static constexpr int kTaps =
      (S::kKernel + 1) / 2;  // an odd kernel is padded by a column of zeros
  static constexpr int kPairs = (S::kInColumns + 1) / 2, kPairFloats = 2 * S::kIn;
  static constexpr int kAll = kPairFloats / kWidth, kVectors = divisor(kAll, 4);  // of them at once
  static constexpr int kLanes = kWidth * kVectors, kMost = kAccumulators / kVectors;
  static constexpr int kBlocks = (kPairs + kMost - 1) / kMost;
  static constexpr int kTogether = (kPairs + kBlocks - 1) / kBlocks;
  // A whole row at once: the compiler sees which position and tap make no pair. Otherwise rows of
  // output positions get zeros on both sides.
  static constexpr bool kWhole = kTogether == kPairs && kVectors == kAll;
  static constexpr int kBefore = kWhole ? 0 : (kTaps - 1) * S::kOut;
  static constexpr int kRow = kWhole ? S::kOutColumns * S::kOut : (kPairs + kTaps - 1) * S::kOut;
  static constexpr int kTap = S::kOut * kPairFloats;  // floats of a tap's weights
  static constexpr int kWeights = S::kKernel * kTaps * kTap, kPacked = kWeights + kPairFloats;

  static constexpr bool kFits = S::kStride == 2 && kPairFloats % kWidth == 0;
};

// sum [kCount pairs] += what the tap kTap and those behind it give in one kernel row: output
// values at positions that go back from `output`, times weights.
template <class S, int kCount, int kTap = 0>
DREAMER_INLINE void add_taps(const float* __restrict output, const float* __restrict weight,
                             Vector<kWidth> (&sum)[kCount][OverChannels<S>::kVectors]) {
  using P = OverChannels<S>;
  constexpr int kFirst = P::kWhole ? kTap : 0;
  constexpr int kEnd = P::kWhole && S::kOutColumns + kTap < kCount ? S::kOutColumns + kTap : kCount;
  // The last column of zeros is left out where it fills vectors.
  constexpr int kLeft = (S::kKernelRow - kTap * P::kPairFloats) / kWidth;
  constexpr int kUsed = P::kWhole && kLeft < P::kVectors ? kLeft : P::kVectors;
  const float* from = output - kTap * S::kOut;
  const float* with = weight + kTap * P::kTap;
  for (int c = 0; c < S::kOut; ++c, ++from, with += P::kPairFloats) {
#pragma GCC unroll 4
    for (int v = 0; v < kUsed; ++v) {
      const auto w = load<kWidth>(with + v * kWidth);
#pragma GCC unroll 32
      for (int p = kFirst; p < kEnd; ++p) sum[p][v] += from[p * S::kOut] * w;
    }
  }
  if constexpr (kTap + 1 < P::kTaps) add_taps<S, kCount, kTap + 1>(output, weight, sum);
}

// kCount pairs of the input row to which the output rows that go back from `output` contribute by
// kernel rows `low`, `low` + 2, …
template <class S, int kCount>
DREAMER_INLINE void channels_tile(int low, int rows, const float* output, const float* weight,
                                  const float* bias, bool relu, int floats,
                                  float* __restrict input) {
  using P = OverChannels<S>;
  Vector<kWidth> sum[kCount][P::kVectors];
#pragma GCC unroll 4
  for (int v = 0; v < P::kVectors; ++v) {
    const auto start = load<kWidth>(bias + v * kWidth);
#pragma GCC unroll 32
    for (int p = 0; p < kCount; ++p) sum[p][v] = start;
  }
  for (int r = 0; r < rows; ++r)
    add_taps<S, kCount>(output - r * P::kRow, weight + (low + 2 * r) * P::kTaps * P::kTap, sum);
#pragma GCC unroll 32
  for (int p = 0; p < kCount; ++p)
#pragma GCC unroll 4
    for (int v = 0; v < P::kVectors; ++v) sum[p][v] = activated<kWidth>(sum[p][v], relu);
  if (floats >= (kCount - 1) * P::kPairFloats + P::kLanes) {
#pragma GCC unroll 32
    for (int p = 0; p < kCount; ++p)
#pragma GCC unroll 4
      for (int v = 0; v < P::kVectors; ++v)
        store<kWidth>(sum[p][v], input + p * P::kPairFloats + v * kWidth);
    return;
  }
  // The row ends within a pair.
  float all[kCount * P::kLanes];
#pragma GCC unroll 32
  for (int p = 0; p < kCount; ++p)
#pragma GCC unroll 4
    for (int v = 0; v < P::kVectors; ++v)
      store<kWidth>(sum[p][v], all + p * P::kLanes + v * kWidth);
  for (int p = 0; p < kCount; ++p) {
    const int left = std::min(floats - p * P::kPairFloats, P::kLanes);
    if (left > 0) std::copy_n(all + p * P::kLanes, left, input + p * P::kPairFloats);
  }
}

// Packs the weight [O,K], followed by the bias, in the order in which channels_tile reads them.
template <class Layer>
void pack_over_channels(const float* weight, const float* bias, float* packed) {
  using S = Sizes<Layer>;
  using P = OverChannels<S>;
  std::fill_n(packed, P::kPacked, 0.0F);
  for (int c = 0; c < S::kOut; ++c)
    for (int k = 0; k < S::kKernel; ++k)
      for (int x = 0; x < S::kKernelRow; ++x)
        packed[(k * P::kTaps + x / P::kPairFloats) * P::kTap + c * P::kPairFloats +
               x % P::kPairFloats] = weight[c * S::kPatch + k * S::kKernelRow + x];
  if (bias != nullptr)
    for (int x = 0; x < P::kPairFloats; ++x) packed[P::kWeights + x] = bias[x % S::kIn];
}

template <class Layer>
DREAMER_TARGET void backward_data_over_channels(const ConvShape& shape, std::int64_t images,
                                                const float* output, const float* packed, bool relu,
                                                float* input) {
  using S = Sizes<Layer>;
  using P = OverChannels<S>;
  constexpr int kRest = P::kPairs % P::kTogether;
  const int output_rows = static_cast<int>(shape.output_rows),
            input_rows = static_cast<int>(shape.input_rows);
  const float* const biases = packed + P::kWeights;
  // NOLINTNEXTLINE(misc-const-correctness): changed where the rows are not whole
  thread_local std::vector<float> padded;
  if constexpr (!P::kWhole) padded.assign(static_cast<std::size_t>(output_rows * P::kRow), 0.0F);
  for (std::int64_t n = 0; n < images; ++n) {
    const float* rows = output + n * shape.output_size();
    if constexpr (!P::kWhole) {
      for (int i = 0; i < output_rows; ++i)
        std::copy_n(rows + i * S::kOutColumns * S::kOut, S::kOutColumns * S::kOut,
                    padded.data() + i * P::kRow + P::kBefore);
      rows = padded.data();
    }
    for (int y = 0; y < input_rows; ++y) {
      // Output rows i contribute by kernel row y − 2·i: from `last` back to `first`.
      const int last = std::min(y / 2, output_rows - 1), low = y - 2 * last;
      const int first = std::max(0, (y - S::kKernel) / 2 + (y >= S::kKernel ? 1 : 0));
      const int count = low < S::kKernel ? last - first + 1 : 0;
      const float* from = rows + last * P::kRow + P::kBefore;
      float* to = input + n * shape.input_size() + y * S::kInRow;
      for (int v = 0; v < P::kPairFloats; v += P::kLanes) {
        int b = 0;
        const auto left = [&] { return S::kInRow - b * P::kPairFloats - v; };
        for (; b + P::kTogether <= P::kPairs; b += P::kTogether)
          channels_tile<S, P::kTogether>(low, count, from + b * S::kOut, packed + v, biases + v,
                                         relu, left(), to + b * P::kPairFloats + v);
        if constexpr (kRest > 0)
          channels_tile<S, kRest>(low, count, from + b * S::kOut, packed + v, biases + v, relu,
                                  left(), to + b * P::kPairFloats + v);
      }
    }
  }
}
