// The products of matrix.h. Included after vectors-inl.h, once an instruction set.
//
// B is packed in panels of 2·kWidth columns, [K, 2·kWidth] each. A register tile is `kRows` rows of
// A times a panel: for every k two vectors of B and one broadcast value of each row:
//
//                 B panel   | b0 b0 b0 … | b1 b1 b1 … |     two vectors
//     A row 0 k   x         | tile[0][0] | tile[0][1] |
//     A row 1 k   x         | tile[1][0] | tile[1][1] |     tile[r][v] += x[r] · b[v]
//     …                     | …          | …          |

// kRows rows of A times kVectors vectors of a panel.
template <int kRows, int kVectors>
DREAMER_INLINE void tile(const MatrixView& a, const float* __restrict panel, std::int64_t k,
                         const Addend& addend, const Destination& out) {
  constexpr int kGroup = 4;  // rows that share an address register
  constexpr int kColumns = kVectors * kWidth;
  const bool whole = out.width == kColumns;
  Vector<kWidth> sum[kRows][kVectors] = {};
  const float* from[(kRows + kGroup - 1) / kGroup];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; r += kGroup) from[r / kGroup] = a.data + r * a.row;
  for (std::int64_t i = 0; i < k; ++i, panel += 2 * kWidth) {
    Vector<kWidth> b[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) b[v] = load<kWidth>(panel + v * kWidth);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const float x = from[r / kGroup][r % kGroup * a.row];
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) sum[r][v] += x * b[v];
    }
#pragma GCC unroll 8
    for (const float*& x : from) x += a.column;
  }
  // Last, so that partial sums of a long K are rounded less.
  if (addend.data != nullptr) {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const float* begin = addend.data + r * addend.row;
      float edge[kColumns] = {};
      if (!whole) std::copy_n(begin, out.width, edge);
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v)
        sum[r][v] += load<kWidth>((whole ? begin : edge) + v * kWidth);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
    float edge[kColumns];
    float* to = out.data + r * out.row;
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) store<kWidth>(sum[r][v], (whole ? to : edge) + v * kWidth);
    if (!whole) std::copy_n(edge, out.width, to);
  }
}

template <int kRows, int kVectors>
DREAMER_INLINE void tiles(std::int64_t& m, MatrixView& a, const float* panel, std::int64_t k,
                          Addend& addend, Destination& out) {
  for (; m >= kRows; m -= kRows) {
    tile<kRows, kVectors>(a, panel, k, addend, out);
    a.data += kRows * a.row;
    if (addend.data != nullptr) addend.data += kRows * addend.row;
    out.data += kRows * out.row;
  }
}

template <int kVectors>
DREAMER_TARGET void panel_product(std::int64_t m, MatrixView a, const float* panel, std::int64_t k,
                                  Addend addend, Destination out) {
  constexpr int kMost = kAccumulators / 2;
  tiles<kMost, kVectors>(m, a, panel, k, addend, out);
  if constexpr (kMost > 8) tiles<8, kVectors>(m, a, panel, k, addend, out);
  if constexpr (kMost > 4) tiles<4, kVectors>(m, a, panel, k, addend, out);
  tiles<1, kVectors>(m, a, panel, k, addend, out);
}

DREAMER_TARGET void product(std::int64_t m, const MatrixView& a, const float* panel, std::int64_t k,
                            const Addend& addend, const Destination& out) {
  if (out.width > kWidth)
    panel_product<2>(m, a, panel, k, addend, out);
  else
    panel_product<1>(m, a, panel, k, addend, out);
}

constexpr MatrixKernel kProduct{2 * kWidth, product};
