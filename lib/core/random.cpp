#include "core/random.h"

#include <cmath>
#include <numbers>
#include <span>

#include "core/hash.h"

namespace dreamer {
namespace {

// splitmix64's finaliser: every input bit reaches every output bit.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

constexpr double kTwoTo53 = 9007199254740992.0;

// The open interval (0, 1], so that its logarithm is finite.
float open_unit(std::uint32_t bits) { return (static_cast<float>(bits >> 8) + 1.0F) * 0x1p-24F; }

}  // namespace

std::uint64_t derive_seed(std::uint64_t seed, std::string_view name, std::uint64_t index) {
  const std::uint64_t hash = hash_bytes(kHashStart, std::as_bytes(std::span(name)));
  return mix(mix(mix(seed) ^ hash) ^ index);
}

RandomStream::RandomStream(std::uint64_t seed, std::string_view name) {
  const std::uint64_t key = derive_seed(seed, name);
  key_ = {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
}

std::array<std::uint32_t, 4> RandomStream::block(std::uint64_t update, std::uint64_t index) const {
  constexpr std::uint64_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
  constexpr std::uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  std::array<std::uint32_t, 4> c = {
      static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32),
      static_cast<std::uint32_t>(update), static_cast<std::uint32_t>(update >> 32)};
  std::array<std::uint32_t, 2> key = key_;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = kMultiplier0 * c[0], p1 = kMultiplier1 * c[2];
    c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ key[0], static_cast<std::uint32_t>(p1),
         static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return c;
}

std::uint64_t RandomStream::bits(std::uint64_t update, std::uint64_t index) const {
  const auto b = block(update, index);
  return static_cast<std::uint64_t>(b[0]) << 32 | b[1];
}

double RandomStream::uniform(std::uint64_t update, std::uint64_t index) const {
  return static_cast<double>(bits(update, index) >> 11) / kTwoTo53;
}

std::uint64_t RandomStream::below(std::uint64_t n, std::uint64_t update,
                                  std::uint64_t index) const {
  using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(bits(update, index)) * n) >> 64);
}

void RandomStream::fill_uniform(std::uint64_t update, std::span<float> out) const {
  for (std::size_t i = 0; i < out.size(); i += 4) {
    const auto b = block(update, i / 4);
    for (std::size_t j = 0; j < 4 && i + j < out.size(); ++j)
      out[i + j] = static_cast<float>(b[j] >> 8) * 0x1p-24F;
  }
}

void RandomStream::fill_normal(std::uint64_t update, std::span<float> out,
                               std::uint64_t first) const {
  // Box-Muller: two normals from two uniforms, twice a block.
  for (std::size_t i = 0; i < out.size(); i += kTogether) {
    const auto b = block(update, (first + i) / kTogether);
    std::array<float, kTogether> normal{};
    for (std::size_t j = 0; j < kTogether; j += 2) {
      const float radius = std::sqrt(-2.0F * std::log(open_unit(b[j])));
      const float angle = 2.0F * std::numbers::pi_v<float> * open_unit(b[j + 1]);
      normal[j] = radius * std::cos(angle);
      normal[j + 1] = radius * std::sin(angle);
    }
    for (std::size_t j = 0; j < kTogether && i + j < out.size(); ++j) out[i + j] = normal[j];
  }
}

}  // namespace dreamer
