#pragma once

#include <bit>
#include <cstdint>

namespace dreamer::ops {

// Elementary functions without branches and calls, so that a compiler turns a loop over
// them into vector instructions. Within 3 units in the last place in float32; NaN stays NaN.

struct PowerOfTwo {
  float rest;   // e^r − 1, where x = n·ln 2 + r and |r| ≤ ½·ln 2
  float scale;  // 2ⁿ
};

[[gnu::always_inline]] inline PowerOfTwo split_exponential(float x) {
  // Beyond these the result is 0 or near the largest float.
  x = x < -87.0F ? -87.0F : x;
  x = x > 88.0F ? 88.0F : x;
  // Adding 1.5·2²³ rounds to an integer, which then stands in the lowest bits.
  constexpr float kRound = 12582912.0F;
  const float shifted = x * 1.44269504F + kRound;
  const float n = shifted - kRound;
  // ln 2 in two parts: the first has so few bits that its product with n is exact.
  const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  // The series of (eʳ − 1 − r)/r², to r⁵.
  float p = 1.0F / 5040.0F;
  p = p * r + 1.0F / 720.0F;
  p = p * r + 1.0F / 120.0F;
  p = p * r + 1.0F / 24.0F;
  p = p * r + 1.0F / 6.0F;
  p = p * r + 0.5F;
  const auto bits = std::bit_cast<std::uint32_t>(shifted) - std::bit_cast<std::uint32_t>(kRound);
  return {p * r * r + r, std::bit_cast<float>((bits + 127U) << 23U)};
}

/// eˣ, from e⁻⁸⁷ to e⁸⁸.
[[gnu::always_inline]] inline float exponential(float x) {
  const PowerOfTwo e = split_exponential(x);
  return e.scale * e.rest + e.scale;
}

/// eˣ − 1, exact to the last bits near 0.
[[gnu::always_inline]] inline float exponential_minus_1(float x) {
  const PowerOfTwo e = split_exponential(x);
  return e.scale * e.rest + (e.scale - 1.0F);
}

[[gnu::always_inline]] inline float sigmoid(float x) { return 1.0F / (1.0F + exponential(-x)); }

[[gnu::always_inline]] inline float hyperbolic_tangent(float x) {
  const float size = x < 0 ? -x : x;
  const float e = exponential_minus_1(-2.0F * size);
  const float t = -e / (2.0F + e);
  return x < 0 ? -t : t;
}

/// ln((1 + s)/(1 − s)) = 2·artanh(s): a series in |s| ≤ ⅓, exact near 0.
[[gnu::always_inline]] inline float twice_artanh(float s) {
  const float q = s * s;
  float p = 1.0F / 15.0F;
  p = p * q + 1.0F / 13.0F;
  p = p * q + 1.0F / 11.0F;
  p = p * q + 1.0F / 9.0F;
  p = p * q + 1.0F / 7.0F;
  p = p * q + 1.0F / 5.0F;
  p = p * q + 1.0F / 3.0F;
  p = p * q + 1.0F;
  return 2.0F * s * p;
}

/// ln x of a normal, finite x > 0.
[[gnu::always_inline]] inline float logarithm(float x) {
  // x = m·2ⁿ with m in [√½,√2).
  constexpr auto kRootOfHalf = std::bit_cast<std::uint32_t>(0.707106781F);
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const auto n = static_cast<std::int32_t>(bits - kRootOfHalf) >> 23;
  const auto m = std::bit_cast<float>(bits - (static_cast<std::uint32_t>(n) << 23U));
  const float log_m = twice_artanh((m - 1.0F) / (m + 1.0F));
  const auto power = static_cast<float>(n);
  // ln 2 in two parts, as above; x − x is NaN where x is.
  return power * 0.693359375F + (log_m - power * 2.12194440e-4F) +
         (x - x);  // NOLINT(misc-redundant-expression): NaN where x is
}

/// ln(1 + eˣ).
[[gnu::always_inline]] inline float softplus(float x) {
  const float e = exponential(x < 0 ? x : -x);  // in [0,1]
  return (x < 0 ? 0.0F : x) + twice_artanh(e / (2.0F + e));
}

[[gnu::always_inline]] inline float elu(float x) {
  const float negative = exponential_minus_1(x > 0 ? 0.0F : x);
  return x > 0 ? x : negative;
}

/// The derivative of ELU at the x that gave y.
[[gnu::always_inline]] inline float elu_derivative(float y) { return y > 0 ? 1.0F : y + 1.0F; }

}  // namespace dreamer::ops
