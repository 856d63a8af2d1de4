#pragma once

// HDF5's chunk pipeline (deflate, Fletcher-32) outside of HDF5's lock, so that several threads
// compress and inflate at once, by libdeflate: what HDF5's own filters read.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace dreamer::io {

/// What is done to a chunk on writing, in order; reading undoes it from the back.
enum class Filter { deflate, fletcher32 };

/// HDF5's Fletcher-32: over big-endian 16-bit words, a last odd byte as the high half of one.
[[nodiscard]] std::uint32_t fletcher32(std::span<const std::byte> data);

/// A chunk as it lies in the file. Bit i of `skipped` says that filter i was not applied.
struct EncodedChunk {
  std::vector<std::byte> bytes;
  std::uint32_t skipped = 0;
};

/// Applies deflate at `level` (0: not a filter of this dataset), then Fletcher-32. A chunk that
/// deflate would not shrink is stored as it is, marked as skipped.
[[nodiscard]] EncodedChunk encode_chunk(std::span<const std::byte> chunk, int level);

/// Undoes `filters` on `encoded`, a chunk of `whole` bytes, of which the first out.size() are
/// wanted: a chunk may claim to be far larger than its dataset. Throws Error on a checksum that
/// does not match, a stream that does not inflate to exactly `whole` bytes, or a chunk of more than
/// 256 MiB of which not all is wanted; `where` stands in front of the message.
void decode_chunk(std::span<const std::byte> encoded, std::span<const Filter> filters,
                  std::uint32_t skipped, std::size_t whole, std::span<std::byte> out,
                  std::string_view where);

}  // namespace dreamer::io
