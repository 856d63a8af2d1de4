#pragma once

namespace dreamer::fused {

/// Instruction sets by their vectors, and whether this machine has them.
enum class Vectors { avx2, avx512 };
[[nodiscard]] inline bool has(Vectors vectors) {
#if defined(__x86_64__)
  return vectors == Vectors::avx512 ? __builtin_cpu_supports("x86-64-v4")
                                    : __builtin_cpu_supports("x86-64-v3");
#else
  static_cast<void>(vectors);
  return false;
#endif
}

}  // namespace dreamer::fused
