#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace dreamer {

/// A named stream of random numbers, in which every draw is a pure function of
/// (seed, name, update, index): independent of threads, prefetch depth and timing, and reachable
/// without generating what came before. Philox4x32-10 (Salmon et al., SC 2011) in counter mode.
///
///     RandomStream noise(seed, "posterior-noise");
///     noise.fill_normal(update, buffer);
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::string_view name);

  /// 64 random bits.
  [[nodiscard]] std::uint64_t bits(std::uint64_t update, std::uint64_t index) const;
  /// Uniform in [0, 1).
  [[nodiscard]] double uniform(std::uint64_t update, std::uint64_t index) const;
  /// Uniform in {0, …, n−1}; n > 0. Unbiased to 2⁻⁶⁴·n.
  [[nodiscard]] std::uint64_t below(std::uint64_t n, std::uint64_t update,
                                    std::uint64_t index) const;

  /// out[i] = the i-th value of this update.
  void fill_uniform(std::uint64_t update, std::span<float> out) const;
  /// out[i] = the value `first` + i; `first` is a multiple of kTogether.
  void fill_normal(std::uint64_t update, std::span<float> out, std::uint64_t first = 0) const;
  static constexpr std::uint64_t kTogether = 4;  // normals are drawn by fours

 private:
  [[nodiscard]] std::array<std::uint32_t, 4> block(std::uint64_t update, std::uint64_t index) const;

  std::array<std::uint32_t, 2> key_;
};

/// A 64-bit hash of a seed and a name, for seeds derived from seeds (FNV-1a, then mixed).
[[nodiscard]] std::uint64_t derive_seed(std::uint64_t seed, std::string_view name,
                                        std::uint64_t index = 0);

}  // namespace dreamer
