#include "io/chunk.h"

#include <vector>

#include "unit/data_fixture.h"

namespace dreamer::io {
namespace {

using ::testing::HasSubstr;
using testing_data::message_of;

constexpr Filter kBoth[] = {Filter::deflate, Filter::fletcher32};

std::vector<std::byte> numbered(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i / 7 % 251);
  return bytes;
}

TEST(Chunk, FirstBytesAreThoseOfTheWhole) {
  const auto whole = numbered(100'000);
  for (const int level : {0, 4}) {
    const EncodedChunk encoded = encode_chunk(whole, level);
    const auto filters = std::span(kBoth).subspan(level == 0 ? 1 : 0);
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{4097}, whole.size()}) {
      std::vector<std::byte> out(size);
      decode_chunk(encoded.bytes, filters, encoded.skipped, whole.size(), out, "x");
      EXPECT_TRUE(std::equal(out.begin(), out.end(), whole.begin()));
    }
  }
}

TEST(Chunk, AnotherSizeThanClaimedIsAnError) {
  const EncodedChunk encoded = encode_chunk(numbered(1000), 4);
  std::vector<std::byte> out(10);
  for (const std::size_t claimed : {std::size_t{999}, std::size_t{1001}, std::size_t{1} << 40})
    EXPECT_THAT(message_of([&] {
                  decode_chunk(encoded.bytes, kBoth, encoded.skipped, claimed, out, "a.h5: /image");
                }),
                HasSubstr("a.h5: /image is damaged"));
}

}  // namespace
}  // namespace dreamer::io
