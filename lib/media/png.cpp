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

}  // namespace dreamer::media
