#pragma once

namespace dreamer::ops {

/// Instruction sets by their vectors, and whether this machine has them.
enum class Vectors { avx2, avx512 };
[[nodiscard]] inline bool has(Vectors vectors) {
#if defined(__x86_64__)
  const bool wide = vectors == Vectors::avx512;
#if defined(__clang__) && __clang_major__ < 18  // knows no levels: what tells them apart
  return wide ? __builtin_cpu_supports("avx512vl") : __builtin_cpu_supports("avx2");
#else
  return wide ? __builtin_cpu_supports("x86-64-v4") : __builtin_cpu_supports("x86-64-v3");
#endif
#else
  static_cast<void>(vectors);
  return false;
#endif
}

}  // namespace dreamer::ops
