#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace dreamer::env {

/// NumPy's legacy `RandomState(seed)`, number for number: MT19937 (Matsumoto and Nishimura, 1998)
/// seeded with init_genrand, 53-bit doubles, normals by Marsaglia's polar method. A task draws from
/// it and nothing else does, so that its episodes are dm_control's for the same seed.
class RandomState {
 public:
  explicit RandomState(std::uint32_t seed);

  /// 32 random bits.
  [[nodiscard]] std::uint32_t bits();
  /// Uniform in [0, 1): `random_sample()`.
  [[nodiscard]] double uniform();
  /// Uniform in [low, high): `uniform(low, high)`.
  [[nodiscard]] double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Standard normal: `randn()`. The method makes two at a time; the second one is kept for the
  /// next call, also across episodes.
  [[nodiscard]] double normal();

 private:
  static constexpr std::size_t kSize = 624;
  void refill();

  std::array<std::uint32_t, kSize> state_{};
  std::size_t position_ = kSize;
  double kept_normal_ = 0;
  bool has_kept_normal_ = false;
};

}  // namespace dreamer::env
