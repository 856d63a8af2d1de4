#pragma once

#include <cstdint>

#include <torch/torch.h>

#include "ops/matrix_kernels.h"

namespace dreamer::ops {

// Products of row-major matrices, C [M,N] = A [M,K] · B [K,N], for the shapes of small networks:
// a large M, N and K of a few hundred at most. Called by one thread they use all of LibTorch's
// threads; called by several, each computes its own.

enum class Transpose { no, yes };

/// B [K,N] packed in the order in which a product reads it: for a matrix that is multiplied by
/// several times.
class Packed {
 public:
  Packed() = default;
  /// @param b [K,N], or its transpose, without gaps
  Packed(Transpose transpose, std::int64_t k, std::int64_t n, const float* b);

  [[nodiscard]] std::int64_t k() const { return k_; }
  [[nodiscard]] std::int64_t n() const { return n_; }
  [[nodiscard]] const float* panels() const { return panels_.const_data_ptr<float>(); }

 private:
  std::int64_t k_ = 0, n_ = 0;
  torch::Tensor panels_;  // [panels, K, columns of a panel], padded by zeros
};

/// The weight [out,in] of a dense layer, for y [N,out] = x [N,in] · weight'.
[[nodiscard]] inline Packed packed_layer(const torch::Tensor& weight) {
  return {Transpose::yes, weight.size(1), weight.size(0), weight.const_data_ptr<float>()};
}
/// The same for its backward-data pass: dx [N,in] = dy [N,out] · weight.
[[nodiscard]] inline Packed packed_back(const torch::Tensor& weight) {
  return {Transpose::no, weight.size(0), weight.size(1), weight.const_data_ptr<float>()};
}

/// How a product meets what is in C.
class Accumulate {
 public:
  static Accumulate overwrite() { return Accumulate(false, nullptr); }
  static Accumulate add() { return Accumulate(true, nullptr); }
  /// C = A·B + bias [N], for every row.
  static Accumulate bias(const torch::Tensor& values) {
    return Accumulate(false, values.const_data_ptr<float>());
  }
  /// What is added from a row and a column of `c` [·,N] on.
  [[nodiscard]] Addend addend(const float* c, std::int64_t n, std::int64_t row,
                              std::int64_t column) const {
    if (add_) return {c + row * n + column, n};
    return {bias_ == nullptr ? nullptr : bias_ + column, 0};
  }

 private:
  Accumulate(bool add, const float* bias) : add_(add), bias_(bias) {}
  bool add_;
  const float* bias_;
};

/// C [M,N] = A [M,K] · B.
void multiply(std::int64_t m, const float* a, const Packed& b, const Accumulate& mode, float* c);

/// C [M,N] = A [M,K] · B [K,N], each of which may be stored transposed.
void gemm(Transpose transpose_a, Transpose transpose_b, std::int64_t m, std::int64_t n,
          std::int64_t k, const float* a, const float* b, const Accumulate& mode, float* c);

}  // namespace dreamer::ops
