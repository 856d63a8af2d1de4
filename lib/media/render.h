#pragma once

#include <filesystem>
#include <vector>

#include "io/file.h"
#include "media/render_options.h"
#include "media/video.h"

namespace dreamer::media {

/// dr-render.
struct RenderJob : RenderOptions {
  std::vector<std::filesystem::path> files;  // episodes and dreams
  std::filesystem::path out;
  io::Replace replace = io::Replace::no;
  double fps = 20;
};

/// Writes what is in the files to `job.out`: the episodes among them in one grid, then dream after
/// dream; in a png their strips one below the other.
VideoInfo render(const RenderJob& job);

}  // namespace dreamer::media
