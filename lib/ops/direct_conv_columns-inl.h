// Backward data (also a transposed convolution's forward) at stride 2, with vectors over columns:
// for an input of three channels, where a pair of columns does not fill a vector
// (direct_conv_channels-inl.h has the others). A lane is a pair of adjacent columns, and each of a
// pair's values, row by row of the pair, has vectors of its own:
//
//   output row, by channels       c0: | p0 p1 p2 … p15 |   one vector of adjacent positions
//                                             │ · weight (a broadcast scalar)
//   vectors of pairs of columns   r0: | b0 b1 b2 … b15 |   red of each pair's left column
//                                 g0: | …              |   green, blue, then the right column
//                                             │ interleaved when stored
//   input row                     r0 g0 b0 r1 g1 b1 …
template <class S>
struct OverColumns {
  static constexpr int kTaps = S::kKernel / 2, kPairs = S::kInColumns / 2;
  static constexpr int kPairFloats = 2 * S::kIn, kBoth = 2 * kPairFloats;  // in two rows of a pair
  static constexpr int kVectors = divisor(kPairs / kWidth, kAccumulators / kBoth);
  static constexpr int kLanes = kVectors * kWidth;
  // A channel of an output row, padded by zeros on both sides; the rows needed at a time.
  static constexpr int kChannel = kPairs + kTaps - 1, kRow = S::kOut * kChannel;
  static constexpr int kWeights = kTaps * kTaps * S::kOut * kBoth, kPacked = kWeights + kBoth;

  static constexpr bool kFits =
      S::kStride == 2 && S::kKernel % 2 == 0 && S::kIn == 3 && kPairs % kWidth == 0;
};

// Packs the weight [O,K], followed by the bias, in the order in which columns_tile reads them: for
// each tap's row and column, channel by channel, the weights of a pair's two rows.
template <class Layer>
void pack_over_columns(const float* weight, const float* bias, float* packed) {
  using S = Sizes<Layer>;
  using L = OverColumns<S>;
  float* to = packed;
  for (int r = 0; r < L::kTaps; ++r)
    for (int j = 0; j < L::kTaps; ++j)
      for (int c = 0; c < S::kOut; ++c)
        for (int half = 0; half < 2; ++half, to += L::kPairFloats)
          std::copy_n(weight + c * S::kPatch + (2 * r + half) * S::kKernelRow + j * L::kPairFloats,
                      L::kPairFloats, to);
  for (int x = 0; x < L::kBoth; ++x) to[x] = bias == nullptr ? 0 : bias[x % S::kIn];
}

// Three vectors of pairs interleaved, x0 y0 z0 x1 y1 z1 …, of which this is vector `kPart`. An
// index ≥ kWidth selects from the second vector.
template <int kPart, int... kLane>
DREAMER_INLINE Vector<kWidth> interleaved(const Vector<kWidth>& x, const Vector<kWidth>& y,
                                          const Vector<kWidth>& z,
                                          std::integer_sequence<int, kLane...>) {
  // Doubles, as they stand in the result: the (kPlace / 3)-th of vector kPlace % 3.
  constexpr auto kPlace = [](int lane) { return (kPart * kWidth + lane) / 2; };
  constexpr auto kFrom = [kPlace](int lane) { return kPlace(lane) / 3 * 2 + lane % 2; };
  const auto two = __builtin_shufflevector(
      x, y, (kPlace(kLane) % 3 == 1 ? kWidth + kFrom(kLane) : kFrom(kLane))...);
  return __builtin_shufflevector(two, z,
                                 (kPlace(kLane) % 3 == 2 ? kWidth + kFrom(kLane) : kLane)...);
}

// a0 b0 a1 b1 … of the lower or the upper half of the lanes.
template <int kHalf, int... kLane>
DREAMER_INLINE Vector<kWidth> alternating(const Vector<kWidth>& a, const Vector<kWidth>& b,
                                          std::integer_sequence<int, kLane...>) {
  return __builtin_shufflevector(a, b, (kLane % 2 * kWidth + kHalf * kWidth / 2 + kLane / 2)...);
}

template <int kHalf>
DREAMER_INLINE void store_half(const Vector<kWidth>* values, float* to) {
  constexpr auto kAll = std::make_integer_sequence<int, kWidth>();
  const auto x = alternating<kHalf>(values[0], values[1], kAll),
             y = alternating<kHalf>(values[2], values[3], kAll),
             z = alternating<kHalf>(values[4], values[5], kAll);
  to += kHalf * 3 * kWidth;
  store<kWidth>(interleaved<0>(x, y, z, kAll), to);
  store<kWidth>(interleaved<1>(x, y, z, kAll), to + kWidth);
  store<kWidth>(interleaved<2>(x, y, z, kAll), to + 2 * kWidth);
}

// kLanes pairs of two input rows, from `rows` output rows, by channels, that go back from the last.
template <class S>
DREAMER_INLINE void columns_tile(int rows, const float* const* output, const float* packed,
                                 const float* bias, bool relu, float* __restrict input) {
  using L = OverColumns<S>;
  Vector<kWidth> sum[L::kVectors][L::kBoth];
#pragma GCC unroll 16
  for (int x = 0; x < L::kBoth; ++x)
#pragma GCC unroll 4
    for (int v = 0; v < L::kVectors; ++v) sum[v][x] = Vector<kWidth>{} + bias[x];
  for (int r = 0; r < rows; ++r, packed += L::kTaps * S::kOut * L::kBoth) {
    const float* with = packed;
    for (int j = L::kTaps; j-- > 0;) {
      const float* from = output[r] + j;
      for (int c = 0; c < S::kOut; ++c, from += L::kChannel, with += L::kBoth) {
        Vector<kWidth> positions[L::kVectors];
#pragma GCC unroll 4
        for (int v = 0; v < L::kVectors; ++v) positions[v] = load<kWidth>(from + v * kWidth);
#pragma GCC unroll 16
        for (int x = 0; x < L::kBoth; ++x)
#pragma GCC unroll 4
          for (int v = 0; v < L::kVectors; ++v) sum[v][x] += with[x] * positions[v];
      }
    }
  }
#pragma GCC unroll 4
  for (int v = 0; v < L::kVectors; ++v) {
#pragma GCC unroll 16
    for (int x = 0; x < L::kBoth; ++x) sum[v][x] = activated<kWidth>(sum[v][x], relu);
#pragma GCC unroll 2
    for (int half = 0; half < 2; ++half) {
      float* to = input + half * S::kInRow + v * kWidth * L::kPairFloats;
      store_half<0>(sum[v] + half * L::kPairFloats, to);
      store_half<1>(sum[v] + half * L::kPairFloats, to);
    }
  }
}

template <class Layer>
DREAMER_TARGET void backward_data_over_columns(const ConvShape& shape, std::int64_t images,
                                               const float* output, const float* packed, bool relu,
                                               float* input) {
  using S = Sizes<Layer>;
  using L = OverColumns<S>;
  const int output_rows = static_cast<int>(shape.output_rows),
            input_rows = static_cast<int>(shape.input_rows);
  // The latest output rows, by channels; row i is at i % kTaps.
  thread_local std::vector<float> memory;
  memory.assign(static_cast<std::size_t>(L::kTaps * L::kRow), 0.0F);
  const auto channels = [&](int i) { return memory.data() + i % L::kTaps * L::kRow; };
  for (std::int64_t n = 0; n < images; ++n)
    for (int y = 0; y < input_rows / 2; ++y) {
      if (y < output_rows) {
        const float* from = output + (n * output_rows + y) * S::kOutColumns * S::kOut;
        float* to = channels(y) + L::kTaps - 1;
        for (int c = 0; c < S::kOut; ++c)
          for (int j = 0; j < S::kOutColumns; ++j) to[c * L::kChannel + j] = from[j * S::kOut + c];
      }
      // Output rows y, y − 1, … contribute by kernel rows 0 and 1, 2 and 3, …
      const int last = std::min(y, output_rows - 1), first = std::max(0, y - L::kTaps + 1);
      const float* weights = packed + (y - last) * L::kTaps * S::kOut * L::kBoth;
      for (int b = 0; b < L::kPairs; b += L::kLanes) {
        const float* rows[L::kTaps];
        for (int i = last; i >= first; --i) rows[last - i] = channels(i) + b;
        columns_tile<S>(last - first + 1, rows, weights, packed + L::kWeights, relu,
                        input + n * shape.input_size() + 2 * y * S::kInRow + b * L::kPairFloats);
      }
    }
}
