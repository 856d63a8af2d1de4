#include "media/render.h"

#include <algorithm>

#include "core/error.h"
#include "io/atomic_file.h"
#include "media/render_dream.h"
#include "media/render_episode.h"

namespace dreamer::media {
namespace {

Clip still(const Picture& picture) {
  return {1, picture.height, picture.width, [picture](std::int64_t) { return picture; }};
}

VideoInfo render_curves(const RenderJob& job) {
  if (format_of(job.out) != Format::png)
    throw usage_error("{}: curves are drawn as a picture; give a name that ends in .png",
                      job.out.string());
  io::check_output(job.out, job.replace);
  return write_video(job.out, still(curves(job.files, job)), job.fps, job.replace);
}

}  // namespace

VideoInfo render(const RenderJob& job) {
  if (std::ranges::all_of(job.files, is_curve)) return render_curves(job);
  const Format format = format_of(job.out);
  io::check_output(job.out, job.replace);

  std::vector<data::Footage> episodes;
  std::vector<data::Dream> dreams;
  for (const auto& file : job.files) {
    const std::string kind = io::FileReader(file).format();
    if (kind == "dreamer.episode")
      episodes.push_back(job.film ? job.film(file) : data::read_episode(file));
    else if (kind == "dreamer.dream" && job.film)
      throw error("{}: a dream's frames are the model's; only episodes can be filmed anew",
                  file.string());
    else if (kind == "dreamer.dream" && job.row >= 0)
      throw error("{}: --row shows episodes, not dreams", file.string());
    else if (kind == "dreamer.dream")
      dreams.push_back(data::read_dream(file));
    else
      throw error("{}: this is a file of format {}; episodes and dreams can be shown",
                  file.string(), kind);
  }

  std::vector<Clip> clips;
  if (format == Format::png) {
    std::vector<Picture> strips;
    if (job.row >= 0)
      strips.push_back(episode_still(std::move(episodes), job));
    else if (!episodes.empty())
      strips.push_back(episode_strip(episodes, job));
    for (const data::Dream& dream : dreams) strips.push_back(dream_strip(dream, job));
    clips.push_back(still(below(strips, 0)));
  } else {
    if (!episodes.empty()) clips.push_back(episode_clip(std::move(episodes), job));
    for (data::Dream& dream : dreams) clips.push_back(dream_clip(std::move(dream), job));
  }
  return write_video(job.out, concatenate(std::move(clips)), job.fps, job.replace);
}

}  // namespace dreamer::media
