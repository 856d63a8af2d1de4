#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>

#include "media/frame.h"

namespace dreamer::media {

/// A video file, read forward.
class VideoReader {
 public:
  virtual ~VideoReader() = default;
  struct TimedFrame {
    Frame frame;
    double seconds = 0;  // from the file's beginning
  };
  /// The next frame; nothing at the end. @throws Error where the file is damaged
  [[nodiscard]] virtual std::optional<TimedFrame> next() = 0;
  /// Continues from the key frame at or before that time.
  virtual void seek(double seconds) = 0;
};

/// The decoding half of the companion library `dreamer_video`, as media/encoder.h says.
class Decoder {
 public:
  virtual ~Decoder() = default;
  /// A JPEG file. @throws Error that begins with what is wrong with it
  [[nodiscard]] virtual Frame jpeg(std::span<const std::uint8_t> file) const = 0;
  [[nodiscard]] virtual std::unique_ptr<VideoReader> video(
      const std::filesystem::path& path) const = 0;
};

/// Opens the companion library when it is first called.
[[nodiscard]] const Decoder& decoder();

/// The image in a JPEG or PNG file; the latter needs no companion library.
/// @throws Error that begins with what is wrong with it
[[nodiscard]] Frame decode_image(std::span<const std::uint8_t> file);

/// Whether bytes begin as a JPEG or PNG file does.
[[nodiscard]] bool is_image_file(std::span<const std::uint8_t> bytes);

}  // namespace dreamer::media
