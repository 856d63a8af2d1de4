#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "data/footage.h"
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
  /// Films an episode anew; empty: episodes show their own images.
  std::function<data::Footage(const std::filesystem::path&)> film = {};
};

/// Writes what is in the files to `job.out`: the episodes among them in one grid, then dream after
/// dream; in a png their strips one below the other, or the episodes at `job.row`. Files of JSON
/// Lines are plotted, in a png.
VideoInfo render(const RenderJob& job);

}  // namespace dreamer::media
