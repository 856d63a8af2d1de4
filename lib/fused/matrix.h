#pragma once

#include <cstdint>

#include <torch/torch.h>

#include "fused/matrix_kernels.h"

namespace dreamer::fused {

// Products of row-major matrices, for the shapes that small networks have: many rows, and other
// sides of a few hundred at most. Called by one thread they use all of LibTorch's; called by
// several, each computes its own.

enum class Transpose { no, yes };

/// A matrix b [inner,columns] in the order in which a product reads it: worth making once where it
/// is multiplied by several times.
class Packed {
 public:
  Packed() = default;
  /// @param b [inner,columns], or its transpose, without gaps
  Packed(Transpose transpose, std::int64_t inner, std::int64_t columns, const float* b);

  [[nodiscard]] std::int64_t inner() const { return inner_; }
  [[nodiscard]] std::int64_t columns() const { return columns_; }
  [[nodiscard]] const float* panels() const { return panels_.const_data_ptr<float>(); }

 private:
  std::int64_t inner_ = 0, columns_ = 0;
  torch::Tensor panels_;  // [panels, inner, columns of one], the last one's beyond the matrix 0
};

/// The weight [out,in] of a dense layer, for y [N,out] = x [N,in] · weight'.
[[nodiscard]] inline Packed packed_layer(const torch::Tensor& weight) {
  return {Transpose::yes, weight.size(1), weight.size(0), weight.const_data_ptr<float>()};
}
/// The same for what reaches its input: dx [N,in] = dy [N,out] · weight.
[[nodiscard]] inline Packed packed_back(const torch::Tensor& weight) {
  return {Transpose::no, weight.size(0), weight.size(1), weight.const_data_ptr<float>()};
}

/// What a product is added to.
class Start {
 public:
  static Start zero() { return {}; }
  /// What is in the result's place.
  static Start out() { return {true, nullptr}; }
  /// [columns], the same for every row.
  static Start bias(const torch::Tensor& numbers) {
    return {false, numbers.const_data_ptr<float>()};
  }
  /// From a row and a column on, for a result that lies at `to`.
  [[nodiscard]] Part part(const float* to, std::int64_t columns, std::int64_t row,
                          std::int64_t column) const {
    if (out_) return {to + row * columns + column, columns};
    return {bias_ == nullptr ? nullptr : bias_ + column, 0};
  }

 private:
  Start(bool out = false, const float* bias = nullptr) : out_(out), bias_(bias) {}
  bool out_;
  const float* bias_;
};

/// out [rows,columns] = start + a [rows,inner] · b.
void multiply(std::int64_t rows, const float* a, const Packed& b, const Start& start, float* out);

/// out [rows,columns] = start + a · b, where a is [rows,inner] and b [inner,columns], or
/// their transposes lie in memory.
void gemm(Transpose transpose_a, Transpose transpose_b, std::int64_t rows, std::int64_t columns,
          std::int64_t inner, const float* a, const float* b, const Start& start, float* out);

}  // namespace dreamer::fused
