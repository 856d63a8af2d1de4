#pragma once

#include <filesystem>

#include "media/video.h"

namespace dreamer::media {

/// What the companion library `dreamer_video` does. It stands on FFmpeg's libav*, whose hundred
/// dependencies take 40 ms to load: it is opened when the first video is encoded (video.cpp), so
/// that programs that encode none start in milliseconds.
class Encoder {
 public:
  virtual ~Encoder() = default;
  /// Writes the clip to `file`, as mp4 or gif, as it stands (video.h says how).
  virtual void write(const std::filesystem::path& file, Format format, const Clip& clip,
                     double fps) const = 0;
};

}  // namespace dreamer::media
