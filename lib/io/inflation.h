#pragma once

#include <algorithm>
#include <cstdint>

namespace dreamer::io {

/// No deflated stream inflates to more than this many times its size (258 bytes for two bits): what
/// claims to be larger is damaged.
inline constexpr std::int64_t kLargestInflation = 1032;

/// Bytes of memory that compressed data of so many bytes may fill: data that compress better, and
/// are large, are taken for a trap.
[[nodiscard]] inline std::int64_t allowed_memory(std::int64_t stored) {
  constexpr std::int64_t kAlways = std::int64_t{1} << 30, kTimes = 64;
  return std::max(kAlways, kTimes * stored);
}

}  // namespace dreamer::io
