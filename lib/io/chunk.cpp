#include "io/chunk.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <new>

#include "core/error.h"

namespace dreamer::io {
namespace {

constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kDiscarded = 1 << 16;     // bytes of a chunk's unwanted end at once
constexpr std::size_t kMostBeside = 256 << 20;  // bytes of a chunk held beside what is wanted of it
constexpr std::uint32_t kDeflateBit = 1;        // deflate is filter 0 where it is used

std::uint32_t load_little_endian(std::span<const std::byte> bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < kChecksumBytes; ++i)
    value |= std::to_integer<std::uint32_t>(bytes[i]) << (8 * i);
  return value;
}

/// Inflates a stream of exactly `whole` bytes, of which the first out.size() are kept. The rest is
/// inflated all the same: the stream's own checksum stands at its end.
void inflate_first(std::span<const std::byte> encoded, std::size_t whole, std::span<std::byte> out,
                   std::string_view where) {
  const auto damaged = [&](std::string_view why) { return error("{} is damaged: {}", where, why); };
  if (encoded.size() > std::numeric_limits<uInt>::max()) throw damaged("a chunk is too large");
  struct Stream : z_stream {
    Stream() : z_stream{} {
      if (inflateInit(this) != Z_OK) throw std::bad_alloc();
    }
    ~Stream() { inflateEnd(this); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
  } stream;
  // zlib takes its input as not const and leaves it alone.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(encoded.data()));
  stream.avail_in = static_cast<uInt>(encoded.size());
  std::array<std::byte, kDiscarded> rest;
  std::size_t done = 0;
  for (int status = Z_OK; status != Z_STREAM_END;) {
    const auto into = done < out.size() ? out.subspan(done) : std::span<std::byte>(rest);
    const auto room = std::min<std::size_t>(into.size(), std::numeric_limits<uInt>::max());
    stream.next_out = reinterpret_cast<Bytef*>(into.data());
    stream.avail_out = static_cast<uInt>(room);
    status = inflate(&stream, Z_NO_FLUSH);
    done += room - stream.avail_out;
    if (done > whole) throw damaged(fmt::format("it inflates to more than {} bytes", whole));
    // Z_BUF_ERROR: no progress, for want of input.
    if (status != Z_OK && status != Z_STREAM_END) throw damaged("it does not inflate");
  }
  if (done != whole) throw damaged(fmt::format("{} bytes where {} are due", done, whole));
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
      if (whole > kMostBeside)
        throw error("{}: a chunk of {} MiB is too large", where, whole >> 20);
      inflated.resize(whole + kChecksumBytes * i);
      inflate_first(encoded, inflated.size(), inflated, where);
      encoded = inflated;
    }
  }
  if (encoded.size() != whole)
    throw error("{} is damaged: {} bytes where {} are due", where, encoded.size(), whole);
  std::copy_n(encoded.begin(), out.size(), out.begin());
}

}  // namespace dreamer::io
