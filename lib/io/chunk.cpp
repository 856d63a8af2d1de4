#include "io/chunk.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "core/error.h"

namespace dreamer::io {
namespace {

constexpr std::size_t kChecksumBytes = 4;
constexpr std::uint32_t kDeflateBit = 1;  // deflate is filter 0 where it is used

std::uint32_t load_little_endian(std::span<const std::byte> bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < kChecksumBytes; ++i)
    value |= std::to_integer<std::uint32_t>(bytes[i]) << (8 * i);
  return value;
}

}  // namespace

std::uint32_t fletcher32(std::span<const std::byte> data) {
  constexpr std::size_t kBlock = 360;  // words that may be added up before 32 bits overflow
  const auto fold = [](std::uint32_t sum) { return (sum & 0xffff) + (sum >> 16); };
  const auto byte = [&](std::size_t i) { return std::to_integer<std::uint32_t>(data[i]); };
  std::uint32_t sum1 = 0, sum2 = 0;
  const std::size_t words = data.size() / 2;
  for (std::size_t word = 0; word < words;) {
    for (const std::size_t end = std::min(words, word + kBlock); word < end; ++word) {
      sum1 += byte(2 * word) << 8 | byte(2 * word + 1);
      sum2 += sum1;
    }
    sum1 = fold(sum1);
    sum2 = fold(sum2);
  }
  if (data.size() % 2 == 1) {
    sum1 = fold(sum1 + (byte(data.size() - 1) << 8));
    sum2 = fold(sum2 + sum1);
  }
  return fold(sum2) << 16 | fold(sum1);
}

EncodedChunk encode_chunk(std::span<const std::byte> chunk, int level) {
  EncodedChunk encoded;
  bool stored = level == 0;
  if (!stored) {
    uLongf size = compressBound(chunk.size());
    encoded.bytes.resize(size + kChecksumBytes);
    const int status = compress2(reinterpret_cast<Bytef*>(encoded.bytes.data()), &size,
                                 reinterpret_cast<const Bytef*>(chunk.data()), chunk.size(), level);
    if (status != Z_OK) throw error("zlib cannot compress {} bytes ({})", chunk.size(), status);
    encoded.bytes.resize(size);
    if (size >= chunk.size()) {
      stored = true;
      encoded.skipped = kDeflateBit;
    }
  }
  if (stored) encoded.bytes.assign(chunk.begin(), chunk.end());
  const std::uint32_t sum = fletcher32(encoded.bytes);
  for (std::size_t i = 0; i < kChecksumBytes; ++i)
    encoded.bytes.push_back(static_cast<std::byte>(sum >> (8 * i) & 0xff));
  return encoded;
}

void decode_chunk(std::span<const std::byte> encoded, std::span<const Filter> filters,
                  std::uint32_t skipped, std::span<std::byte> out, std::string_view where) {
  std::vector<std::byte> inflated;
  for (std::size_t i = filters.size(); i-- > 0;) {
    if ((skipped >> i & 1) != 0) continue;
    if (filters[i] == Filter::fletcher32) {
      if (encoded.size() < kChecksumBytes) throw error("{} is damaged: no checksum", where);
      const auto data = encoded.first(encoded.size() - kChecksumBytes);
      if (fletcher32(data) != load_little_endian(encoded.last(kChecksumBytes)))
        throw error("{} is damaged: its checksum does not match; copy or make the file again",
                    where);
      encoded = data;
    } else {
      // A checksum may lie inside the deflated stream (filters in the other order).
      const std::size_t wanted = out.size() + kChecksumBytes * i;
      const bool last = i == 0;
      if (!last) inflated.resize(wanted);
      auto* const target = reinterpret_cast<Bytef*>(last ? out.data() : inflated.data());
      uLongf size = wanted;
      const int status =
          uncompress(target, &size, reinterpret_cast<const Bytef*>(encoded.data()), encoded.size());
      if (status != Z_OK) throw error("{} is damaged: it does not inflate", where);
      encoded = {reinterpret_cast<const std::byte*>(target), size};
    }
  }
  if (encoded.size() != out.size())
    throw error("{} is damaged: {} bytes where {} are due", where, encoded.size(), out.size());
  if (encoded.data() != out.data()) std::copy(encoded.begin(), encoded.end(), out.begin());
}

}  // namespace dreamer::io
