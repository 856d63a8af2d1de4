#include "media/render.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/error.h"
#include "io/atomic_file.h"
#include "media/layout.h"
#include "media/render_dream.h"
#include "media/render_episode.h"

namespace dreamer::media {
namespace {

using Paths = std::vector<std::filesystem::path>;

Kind kind_of(const std::filesystem::path& file) {
  if (is_curve(file)) return Kind::curves;
  const std::string format = io::FileReader(file).format();
  if (format == "dreamer.episode") return Kind::episode;
  if (format == "dreamer.dream") return Kind::dream;
  throw error("{}: this is a file of format {}; episodes and dreams can be shown", file.string(),
              format);
}

Paths files_of(const std::vector<Input>& inputs, Kind kind) {
  Paths files;
  for (const Input& input : inputs)
    if (input.kind == kind) files.push_back(input.file);
  return files;
}

Clip still(Canvas canvas) {
  const int height = canvas.height, width = canvas.width;
  return {1, height, width, [canvas = std::move(canvas)](std::int64_t) { return canvas; }};
}

/// Strips one below the other, as long as they fit one canvas.
class Sheet {
 public:
  void add(Canvas strip) {
    size_ = below(std::vector<Size>{size_, {strip.height, strip.width}}, 0);
    if (size_.height > kLongestSide || size_.height * size_.width > kMostStillPixels)
      throw error(
          "{} strips are too large for one image of at most {} rows and {} pixels; show "
          "fewer files at once",
          strips_.size() + 1, kLongestSide, kMostStillPixels);
    strips_.push_back(std::move(strip));
  }
  [[nodiscard]] Canvas draw() const { return below(strips_, 0); }

 private:
  Size size_;
  std::vector<Canvas> strips_;
};

Clip canvas_of(const RenderJob& job) {
  const Paths curve_files = files_of(job.inputs, Kind::curves);
  if (!curve_files.empty()) return still(curves(curve_files, job));
  const Paths episodes = files_of(job.inputs, Kind::episode);
  Sheet sheet;
  if (job.row >= 0)
    sheet.add(episode_still(job.open(episodes), job));
  else if (!episodes.empty())
    sheet.add(episode_strip(job.open(episodes), job));
  for (const auto& file : files_of(job.inputs, Kind::dream)) {
    data::Dream dream = data::read_dream(file);
    sheet.add(with_context(file.string(), [&] { return dream_strip(std::move(dream), job); }));
  }
  return still(sheet.draw());
}

/// The clips of dreams, of which one at a time is in memory: it is read again when its turn comes.
class DreamClips {
 public:
  explicit DreamClips(RenderOptions options) : options_(options) {}

  [[nodiscard]] static Clip clip(const std::shared_ptr<DreamClips>& all,
                                 const std::filesystem::path& file) {
    const Clip read = all->read(file);
    return {read.frames, read.height, read.width,
            [all, file](std::int64_t t) { return all->read(file).frame(t); }};
  }

 private:
  const Clip& read(const std::filesystem::path& file) {
    if (file == file_ && clip_.frames > 0) return clip_;
    clip_ = {};  // before the next one is read
    file_ = file;
    data::Dream dream = data::read_dream(file);
    clip_ = with_context(file.string(), [&] { return dream_clip(std::move(dream), options_); });
    return clip_;
  }

  RenderOptions options_;
  std::filesystem::path file_;
  Clip clip_;
};

Clip video_of(const RenderJob& job) {
  std::vector<Clip> clips;
  const Paths episodes = files_of(job.inputs, Kind::episode);
  if (!episodes.empty()) clips.push_back(episode_clip(job.open(episodes), job));
  const auto dreams = std::make_shared<DreamClips>(job);
  for (const auto& file : files_of(job.inputs, Kind::dream))
    clips.push_back(DreamClips::clip(dreams, file));
  Clip whole = concatenate(std::move(clips));
  if (std::int64_t{whole.height} * whole.width > kMostFramePixels)
    throw error(
        "a canvas of {}x{} pixels, which holds the largest of the files, is too large; show "
        "fewer files at once",
        whole.width, whole.height);
  return whole;
}

}  // namespace

std::vector<Input> inputs_of(const Paths& files) {
  std::vector<Input> inputs;
  for (const auto& file : files) {
    inputs.push_back({file, kind_of(file)});
    if ((inputs.back().kind == Kind::curves) != (inputs.front().kind == Kind::curves))
      throw usage_error("{} and {}: curves are plotted in a figure of their own",
                        inputs.front().file.string(), file.string());
  }
  return inputs;
}

VideoInfo render(const RenderJob& job) {
  const Format format = format_of(job.out);
  if (format != Format::png && !files_of(job.inputs, Kind::curves).empty())
    throw usage_error("{}: curves are plotted as an image; give a name that ends in .png",
                      job.out.string());
  check_rate(job.out, format, job.fps);
  io::check_output(job.out, job.replace);
  return write_video(job.out, format == Format::png ? canvas_of(job) : video_of(job), job.fps,
                     job.replace);
}

}  // namespace dreamer::media
