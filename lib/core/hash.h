#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace dreamer {

inline constexpr std::uint64_t kHashStart = 0xcbf29ce484222325;

/// FNV-1a over bytes, 64 bits: continues from `hash`, which is kHashStart at first.
[[nodiscard]] inline std::uint64_t hash_bytes(std::uint64_t hash,
                                              std::span<const std::byte> bytes) {
  for (const std::byte byte : bytes)
    hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3;
  return hash;
}

}  // namespace dreamer
