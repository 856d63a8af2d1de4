#include "io/chunk.h"

#include <libdeflate.h>

#include <algorithm>
#include <memory>
#include <new>

#include "core/error.h"
#include "io/inflation.h"

namespace dreamer::io {
namespace {

constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kMostBeside = 256 << 20;  // bytes of a chunk held beside what is wanted of it
constexpr std::uint32_t kDeflateBit = 1;        // deflate is filter 0 where it is used

std::uint32_t load_little_endian(std::span<const std::byte> bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < kChecksumBytes; ++i)
    value |= std::to_integer<std::uint32_t>(bytes[i]) << (8 * i);
  return value;
}

template <auto release>
struct Release {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};
using Compressor = std::unique_ptr<libdeflate_compressor, Release<libdeflate_free_compressor>>;
using Decompressor =
    std::unique_ptr<libdeflate_decompressor, Release<libdeflate_free_decompressor>>;

/// Inflates a stream of exactly out.size() bytes.
void inflate(std::span<const std::byte> encoded, std::span<std::byte> out, std::string_view where) {
  const Decompressor decompressor(libdeflate_alloc_decompressor());
  if (!decompressor) throw std::bad_alloc();
  const auto result = libdeflate_zlib_decompress(decompressor.get(), encoded.data(), encoded.size(),
                                                 out.data(), out.size(), nullptr);
  if (result != LIBDEFLATE_SUCCESS)
    throw error("{} is damaged: it does not inflate to {} bytes", where, out.size());
}

/// Inflates a stream of exactly `whole` bytes, of which the first out.size() are kept.
void inflate_first(std::span<const std::byte> encoded, std::size_t whole, std::span<std::byte> out,
                   std::string_view where) {
  if (whole / kLargestInflation > encoded.size())
    throw error("{} is damaged: it does not inflate to {} bytes", where, whole);
  if (out.size() == whole) {
    inflate(encoded, out, where);
    return;
  }
  if (whole > kMostBeside) throw error("{}: a chunk of {} MiB is too large", where, whole >> 20);
  std::vector<std::byte> inflated(whole);
  inflate(encoded, inflated, where);
  std::copy_n(inflated.begin(), out.size(), out.begin());
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
    const Compressor compressor(libdeflate_alloc_compressor(level));
    if (!compressor) throw std::bad_alloc();
    encoded.bytes.reserve(chunk.size() + kChecksumBytes);
    encoded.bytes.resize(chunk.size());
    const std::size_t size = libdeflate_zlib_compress(compressor.get(), chunk.data(), chunk.size(),
                                                      encoded.bytes.data(), encoded.bytes.size());
    encoded.bytes.resize(size);
    if (size == 0) {  // it does not become smaller
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
                  std::uint32_t skipped, std::size_t whole, std::span<std::byte> out,
                  std::string_view where) {
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
    } else if (i == 0) {
      inflate_first(encoded, whole, out, where);
      return;
    } else {
      // A checksum lies inside the deflated stream (filters in the other order): all of it is
      // needed.
      const std::size_t size = whole + kChecksumBytes * i;
      if (size > kMostBeside) throw error("{}: a chunk of {} MiB is too large", where, size >> 20);
      inflated.resize(size);
      inflate_first(encoded, size, inflated, where);
      encoded = inflated;
    }
  }
  if (encoded.size() != whole)
    throw error("{} is damaged: {} bytes where {} are due", where, encoded.size(), whole);
  std::copy_n(encoded.begin(), out.size(), out.begin());
}

}  // namespace dreamer::io
