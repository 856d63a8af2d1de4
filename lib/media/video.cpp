#include "media/video.h"

#include <algorithm>
#include <cctype>

#include "core/companion.h"
#include "core/error.h"
#include "core/signals.h"
#include "io/atomic_file.h"
#include "media/encoder.h"
#include "media/png.h"

namespace dreamer::media {
namespace {

constexpr double kMostFps = 1000, kMostGifFps = 50;  // viewers slow shorter gif delays down

int even(int side) { return side + side % 2; }

const Encoder& encoder() {
  using Entry = const Encoder* (*)();
  static const Encoder& opened =
      *reinterpret_cast<Entry>(companion_symbol("video", "dreamer_encoder", "the video library",
                                                "rebuild, or reinstall FFmpeg's libraries"))();
  return opened;
}

/// The same clip on a canvas of another size, in its upper left corner.
Clip on_canvas(const Clip& clip, int height, int width) {
  if (clip.height == height && clip.width == width) return clip;
  return {clip.frames, height, width, [clip, height, width](std::int64_t i) {
            Canvas canvas(height, width);
            paste(canvas, clip.frame(i), 0, 0);
            return canvas;
          }};
}

}  // namespace

Clip concatenate(std::vector<Clip> clips) {
  if (clips.size() == 1) return std::move(clips.front());
  Clip result;
  for (const Clip& clip : clips) {
    result.frames += clip.frames;
    result.height = std::max(result.height, clip.height);
    result.width = std::max(result.width, clip.width);
  }
  for (Clip& clip : clips) clip = on_canvas(clip, result.height, result.width);
  result.frame = [clips = std::move(clips)](std::int64_t i) {
    auto clip = clips.begin();
    while (i >= clip->frames) i -= (clip++)->frames;
    return clip->frame(i);
  };
  return result;
}

Format format_of(const std::filesystem::path& path) {
  std::string extension = path.extension();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return std::tolower(c); });
  for (const Format format : {Format::mp4, Format::gif, Format::png})
    if (extension == fmt::format(".{}", name_of(format))) return format;
  throw usage_error("{}: what format is this? give a name that ends in .mp4, .gif or .png",
                    path.string());
}

std::string name_of(Format format) {
  switch (format) {
    case Format::mp4:
      return "mp4";
    case Format::gif:
      return "gif";
    case Format::png:
      return "png";
  }
  return {};
}

void check_rate(const std::filesystem::path& path, Format format, double fps) {
  const double most = format == Format::gif ? kMostGifFps : kMostFps;
  if (!(fps > 0) || fps > most)
    throw usage_error("{}: {} frames a second cannot be written; {} takes up to {}", path.string(),
                      fps, name_of(format), most);
}

VideoInfo write_video(const std::filesystem::path& path, const Clip& clip, double fps,
                      io::Replace replace) {
  const Format format = format_of(path);
  if (clip.frames == 0 || clip.height == 0 || clip.width == 0)
    throw error("{}: there is no frame to write", path.string());
  if (format == Format::png && clip.frames != 1)
    throw error("{}: a png holds one image, not {} frames; write mp4 or gif", path.string(),
                clip.frames);
  check_rate(path, format, fps);

  if (format == Format::png) {
    const auto png = with_context(path.string(), [&] { return encode_png(clip.frame(0)); });
    io::write_atomically(path, png, replace);
    return {format, clip.width, clip.height, 1, 0};
  }
  const Clip shown =
      format == Format::mp4 ? on_canvas(clip, even(clip.height), even(clip.width)) : clip;
  const signals::StopRequests stops;  // the encoder looks; the temporary file is removed
  io::write_atomically(path, replace, [&](const std::filesystem::path& temporary) {
    with_context(path.string(), [&] { encoder().write(temporary, format, shown, fps); });
  });
  return {format, shown.width, shown.height, shown.frames, fps};
}

}  // namespace dreamer::media
