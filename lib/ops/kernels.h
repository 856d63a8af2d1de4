#pragma once

namespace dreamer::ops {

/// Which form of the operations of this folder runs: the fast one, where it serves the tensors, or
/// the readable definitions of reference.h everywhere.
enum class Kernels { fast, reference };

/// As the environment variable DREAMER_KERNELS says, unless use_kernels was called.
/// @throws usage_error where it is neither fast nor reference
[[nodiscard]] Kernels kernels();
/// For tests.
void use_kernels(Kernels kernels);

}  // namespace dreamer::ops
