#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "io/file.h"
#include "media/canvas.h"

namespace dreamer::media {

/// A video whose frames are drawn when they are asked for. `frame` gives the same canvas
/// for the same number, of `height` x `width` pixels, for numbers from 0 to `frames` - 1.
struct Clip {
  std::int64_t frames = 0;
  int height = 0, width = 0;
  std::function<Canvas(std::int64_t)> frame;
};

/// One clip after the other, on a canvas that holds the largest.
[[nodiscard]] Clip concatenate(std::vector<Clip> clips);

enum class Format { mp4, gif, png };

/// By the extension: .mp4, .gif or .png. Any other is a usage error that names these three.
[[nodiscard]] Format format_of(const std::filesystem::path& path);
[[nodiscard]] std::string name_of(Format format);

/// What was written. The size is the file's: mp4 needs even sides and gets a row or a column of
/// background where ours are odd.
struct VideoInfo {
  Format format = Format::mp4;
  int width = 0, height = 0;
  std::int64_t frames = 0;
  double fps = 0;  // 0 for png
};

/// Throws a usage error if videos of this format cannot show so many frames a second.
void check_rate(const std::filesystem::path& path, Format format, double fps);

/// Writes `clip` to `path`, whole or not at all; the same clip gives the same bytes.
///
/// - mp4: H.264 by libx264, yuv420p, index in front: plays in browsers.
/// - gif: loops for ever, one palette of 256 colours for the whole clip.
/// - png: a clip of one frame only.
///
/// @param fps frames a second; gif rounds each frame's time to 1/100 s, at most 50 a second
/// Throws Error if the encoder is missing, the file exists without Replace::yes, or cannot be
/// written.
VideoInfo write_video(const std::filesystem::path& path, const Clip& clip, double fps,
                      io::Replace replace);

}  // namespace dreamer::media
