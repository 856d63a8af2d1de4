#include "media/decoder.h"

#include <algorithm>
#include <array>

#include "core/companion.h"
#include "core/error.h"
#include "media/png.h"

namespace dreamer::media {
namespace {

bool begins(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> magic) {
  return bytes.size() >= magic.size() && std::equal(magic.begin(), magic.end(), bytes.begin());
}
bool is_jpeg(std::span<const std::uint8_t> bytes) {
  return begins(bytes, std::array<std::uint8_t, 3>{0xFF, 0xD8, 0xFF});
}
bool is_png(std::span<const std::uint8_t> bytes) {
  return begins(bytes, std::array<std::uint8_t, 4>{0x89, 'P', 'N', 'G'});
}

}  // namespace

const Decoder& decoder() {
  using Entry = const Decoder* (*)();
  static const Decoder& opened =
      *reinterpret_cast<Entry>(companion_symbol("video", "dreamer_decoder", "the video library",
                                                "rebuild, or reinstall FFmpeg's libraries"))();
  return opened;
}

Frame decode_image(std::span<const std::uint8_t> file) {
  if (is_png(file)) return decode_png(file);
  if (is_jpeg(file)) return decoder().jpeg(file);
  throw error("neither a JPEG nor a PNG file");
}

bool is_image_file(std::span<const std::uint8_t> bytes) { return is_jpeg(bytes) || is_png(bytes); }

}  // namespace dreamer::media
