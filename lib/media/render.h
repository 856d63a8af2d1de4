#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "data/episode_frames.h"
#include "io/file.h"
#include "media/render_curves.h"
#include "media/render_options.h"
#include "media/video.h"

namespace dreamer::media {

/// What a file has to show.
enum class Kind { episode, dream, curves };

struct Input {
  std::filesystem::path file;
  Kind kind = Kind::episode;
};

/// What each of the files is: curves by their names, the others by their headers.
/// @throws Error if one is of another format, or if there are curves among others
[[nodiscard]] std::vector<Input> inputs_of(const std::vector<std::filesystem::path>& files);

/// dr-render.
struct RenderJob : RenderOptions, PlotOptions {
  std::vector<Input> inputs;
  std::filesystem::path out;
  io::Replace replace = io::Replace::no;
  double fps = 20;
  /// Opens the episodes among them: to show their own images, or to re-render them.
  std::function<std::vector<data::EpisodeFrames>(const std::vector<std::filesystem::path>&)> open =
      data::open_frames;
};

/// Writes what is in the files to `job.out`: the episodes among them in one grid, then dream after
/// dream; in a png their strips one below the other, or the episodes at `job.row`. Curves are
/// plotted, in a png.
VideoInfo render(const RenderJob& job);

}  // namespace dreamer::media
