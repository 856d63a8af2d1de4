#pragma once

#include <filesystem>
#include <vector>

#include "io/file.h"
#include "media/render_curves.h"
#include "media/render_options.h"
#include "media/video.h"

namespace dreamer::media {

/// dr-render.
struct RenderJob : RenderOptions, PlotOptions {
  std::vector<std::filesystem::path> files;  // episodes and dreams; or curves
  std::filesystem::path out;
  io::Replace replace = io::Replace::no;
  double fps = 20;
};

/// Writes what is in the files to `job.out`: the episodes among them in one grid, then dream after
/// dream; in a png their strips one below the other. Files of JSON Lines are plotted, in a png.
VideoInfo render(const RenderJob& job);

}  // namespace dreamer::media
