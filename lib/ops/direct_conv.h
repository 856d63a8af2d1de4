#pragma once

#include <cstdint>

#include "ops/instruction_sets.h"

namespace dreamer::ops {

/// The sizes of a convolution without padding. A transposed convolution has those of the
/// convolution whose backward-data pass it is: it maps the output side to the input side.
/// Memory is [row, column, channel], channels innermost.
struct ConvShape {
  std::int64_t input_rows, input_columns, input_channels;
  std::int64_t output_rows, output_columns, output_channels;
  std::int64_t kernel, stride;

  // Floats of an image.
  [[nodiscard]] std::int64_t input_size() const {
    return input_rows * input_columns * input_channels;
  }
  [[nodiscard]] std::int64_t output_size() const {
    return output_rows * output_columns * output_channels;
  }
};

/// Convolution kernels for one layer whose sizes the compiler knows. They read and write images in
/// place, without a matrix of patches (im2col). Batches of images are contiguous. K = k·k·C values
/// of a patch; the weight is [K,O], or transposed, [O,K].
struct DirectConv {
  /// output = bias + patches · weight [K,O], then ReLU if asked; bias may be null.
  void (*forward)(const ConvShape& shape, std::int64_t images, const float* input,
                  const float* weight, const float* bias, bool relu, float* output);
  /// The floats that `pack` writes: weight [O,K] and bias (may be null) as `backward_data` reads
  /// them.
  std::int64_t packed;
  void (*pack)(const float* weight, const float* bias, float* out);
  /// input = bias + the sum of output · weight over the patches that contain each value, then ReLU
  /// if asked.
  void (*backward_data)(const ConvShape& shape, std::int64_t images, const float* output,
                        const float* packed, bool relu, float* input);
  /// gradient [K,O] += patches' · output.
  void (*backward_weight)(const ConvShape& shape, std::int64_t images, const float* input,
                          const float* output, float* gradient);
};

/// The kernels for a layer of this shape; null if there are none: with these vectors, or with the
/// widest of this machine.
[[nodiscard]] const DirectConv* direct_conv(const ConvShape& shape, Vectors vectors);
[[nodiscard]] const DirectConv* direct_conv(const ConvShape& shape);

}  // namespace dreamer::ops
