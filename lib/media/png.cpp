#include "media/png.h"

#include <png.h>

#include "core/error.h"

namespace dreamer::media {

std::vector<std::byte> encode_png(const Canvas& canvas) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(canvas.width);
  image.height = static_cast<png_uint_32>(canvas.height);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<std::byte> bytes(size);
  constexpr int kConvertTo8Bit = 0, kPackedRows = 0;
  if (png_image_write_to_memory(&image, bytes.data(), &size, kConvertTo8Bit, canvas.rgb.data(),
                                kPackedRows, nullptr) == 0)
    throw error("cannot encode an image of {}x{} pixels: {}", canvas.width, canvas.height,
                static_cast<const char*>(image.message));
  bytes.resize(size);
  return bytes;
}

Frame decode_png(std::span<const std::uint8_t> file) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  const auto failed = [&] {
    const Error failure = error("a damaged PNG file: {}", static_cast<const char*>(image.message));
    png_image_free(&image);
    return failure;
  };
  if (png_image_begin_read_from_memory(&image, file.data(), file.size()) == 0) throw failed();
  const bool deep = (image.format & PNG_FORMAT_FLAG_LINEAR) != 0;
  if (deep || std::int64_t{image.width} * image.height > kMostPixels) {
    png_image_free(&image);
    throw deep ? error("images of more than 8 bits, such as depth, are not read")
               : error("an image of {}x{} pixels", image.width, image.height);
  }
  const bool color = (image.format & PNG_FORMAT_FLAG_COLOR) != 0;
  const bool alpha = (image.format & PNG_FORMAT_FLAG_ALPHA) != 0;
  image.format = alpha ? PNG_FORMAT_RGBA : color ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  Frame frame{.height = image.height,
              .width = image.width,
              .channels = PNG_IMAGE_PIXEL_CHANNELS(image.format),
              .pixels = {}};
  frame.pixels.resize(PNG_IMAGE_SIZE(image));
  if (png_image_finish_read(&image, nullptr, frame.pixels.data(), 0, nullptr) == 0) throw failed();
  return frame;
}

}  // namespace dreamer::media
