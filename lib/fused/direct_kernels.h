#pragma once

#include <cstdint>

#include "fused/instruction_sets.h"

namespace dreamer::fused {

/// The two pictures that a convolution relates: a wide one, and a narrow one of which each position
/// sees a patch of k×k positions of the wide one. A convolution goes from wide to narrow, a
/// transposed one from narrow to wide. Sizes are rows, columns, channels; channels lie innermost.
struct PatchGrid {
  std::int64_t wide_rows, wide_columns, wide_channels;
  std::int64_t narrow_rows, narrow_columns, narrow_channels;
  std::int64_t kernel, stride;

  [[nodiscard]] std::int64_t wide() const { return wide_rows * wide_columns * wide_channels; }
  [[nodiscard]] std::int64_t positions() const { return narrow_rows * narrow_columns; }
  [[nodiscard]] std::int64_t narrow() const { return positions() * narrow_channels; }
  /// Numbers in a patch.
};

/// The products that convolutions are made of, for layers whose sizes the compiler knows: without
/// matrices of patches, which are read from and added to the wide pictures where they lie. Pictures
/// stand one behind the other. Letters: K numbers of a patch, c narrow channels. The weight is
/// [K,c] or, transposed, [c,K].
struct DirectKernels {
  /// narrow = bias + patches · weight [K,c], at least 0 with `relu`; no bias: nullptr.
  void (*narrow_from_wide)(const PatchGrid& grid, std::int64_t images, const float* wide,
                           const float* weight, const float* bias, bool relu, float* narrow);
  /// The weight [c,K] and the bias (none: nullptr) as `wide_from_narrow` takes them: so many
  /// numbers.
  std::int64_t ordered;
  void (*order)(const float* weight, const float* bias, float* out);
  /// wide = bias + the sum of what patches give each number, narrow · weight; at least 0 with
  /// `relu`.
  void (*wide_from_narrow)(const PatchGrid& grid, std::int64_t images, const float* narrow,
                           const float* ordered, bool relu, float* wide);
  /// gradient [K,c] += patches' · narrow.
  void (*add_weight_gradient)(const PatchGrid& grid, std::int64_t images, const float* wide,
                              const float* narrow, float* gradient);
};

/// The kernels for a layer of this size, nullptr if there are none: with these vectors, or with the
/// widest of this machine.
[[nodiscard]] const DirectKernels* direct_kernels(const PatchGrid& grid, Vectors vectors);
[[nodiscard]] const DirectKernels* direct_kernels(const PatchGrid& grid);

}  // namespace dreamer::fused
