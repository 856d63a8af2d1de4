#include <algorithm>
#include <iostream>

#include "cli/program.h"
#include "collect/rerender.h"
#include "core/output.h"
#include "data/episode_list.h"
#include "media/render.h"

namespace {

using namespace dreamer;
using media::Kind;

/// What an option applies to: kinds of files, and formats of the output.
struct Use {
  const char* option;
  std::vector<Kind> kinds;
  std::vector<media::Format> formats;
};

const std::vector<Use>& uses() {
  using media::Format;
  static const std::vector<Kind> kEpisodes{Kind::episode}, kFrames{Kind::episode, Kind::dream},
      kCurves{Kind::curves};
  static const std::vector<Format> kAny{Format::mp4, Format::gif, Format::png},
      kMoving{Format::mp4, Format::gif}, kStill{Format::png};
  static const std::vector<Use> kUses{
      {"--scale", kFrames, kAny},      {"--columns", kFrames, kAny},
      {"--overlay", kFrames, kAny},    {"--fps", kFrames, kMoving},
      {"--row", kEpisodes, kStill},    {"--size", kEpisodes, kAny},
      {"--camera", kEpisodes, kAny},   {"--render", kEpisodes, kAny},
      {"--plot", kCurves, kStill},     {"--against", kCurves, kStill},
      {"--group-by", kCurves, kStill}, {"--center", kCurves, kStill},
      {"--band", kCurves, kStill},     {"--smooth", kCurves, kStill},
      {"--log", kCurves, kStill}};
  return kUses;
}

std::string name_of(Kind kind) {
  switch (kind) {
    case Kind::episode:
      return "an episode";
    case Kind::dream:
      return "a dream";
    case Kind::curves:
      return "a log of metrics";
  }
  return {};
}

std::string names_of(const std::vector<Kind>& kinds) {
  std::vector<std::string> names;
  for (const Kind kind : kinds)
    names.emplace_back(kind == Kind::episode ? "episodes"
                       : kind == Kind::dream ? "dreams"
                                             : "curves (.jsonl, .json)");
  return fmt::format("{}", fmt::join(names, " and "));
}

/// Refuses an option that was given and has no effect on this output.
void check_formats(const CLI::App& app, media::Format format) {
  for (const Use& use : uses())
    if (app.count(use.option) > 0 && std::ranges::count(use.formats, format) == 0)
      throw usage_error("{} has no effect on a {}; it is for names that end in .{}", use.option,
                        media::name_of(format), media::name_of(use.formats.front()));
}

/// The same of files of these kinds.
void check_kinds(const CLI::App& app, const std::vector<media::Input>& inputs) {
  for (const Use& use : uses())
    for (const media::Input& input : inputs)
      if (app.count(use.option) > 0 && std::ranges::count(use.kinds, input.kind) == 0)
        throw usage_error("{} is for {}; {} is {}", use.option, names_of(use.kinds),
                          input.file.string(), name_of(input.kind));
}

}  // namespace

int main(int argc, char** argv) {
  media::RenderJob job;
  RerenderOptions rerendering;
  std::string quality = env::to_string(rerendering.render);
  std::vector<std::string> files;

  cli::Program program(
      "dr-render", "Show episodes and dreams as a video or an image strip, and curves as a plot");
  program.app()
      .add_option("FILE", files,
                  "episodes and dreams: files, folders (sorted by name), or - for paths or JSON "
                  "lines with an episode field on stdin; all episodes play together in one grid, "
                  "dreams follow one after the other; or files of JSON lines (.jsonl, .json) to "
                  "plot")
      ->type_name("")
      ->required();
  program.out(job.out, "VIDEO", "a name that ends in .mp4, .gif or .png (one strip of frames)");
  program.force(job.replace);
  program.group("Appearance");
  program.count("--scale", job.scale, 0,
                "magnification of each pixel; 0: as large as fits a screen");
  program.real("--fps", job.fps, 0.1, 1000, "frames a second")->capture_default_str();
  program.count("--columns", job.columns, 0, "columns of the grid, or of the strip; 0: automatic");
  program
      .count("--row", job.row, 0,
             "PNG: one frame (this time step) of every episode, in a grid, instead of a strip")
      ->default_str("");
  program.app().add_flag("--overlay", job.overlay, "curves of reward and value under the frames");
  program.group("Re-rendering of episodes of our own tasks, from the physics");
  std::vector<CLI::Option*> of_rerendering;
  of_rerendering.push_back(
      program.count("--size", rerendering.size, 1, "rows and columns of the frames")
          ->default_str(""));
  of_rerendering.push_back(
      program.app()
          .add_option("--camera", rerendering.camera, "camera of the task: name or number")
          ->type_name("CAMERA"));
  of_rerendering.push_back(
      program.app()
          .add_option("--render", quality, "dm_control's pixels, or no shadows and reflections")
          ->type_name("exact|fast")
          ->capture_default_str());
  program.group("Curves");
  program.app()
      .add_option("--plot", job.plot,
                  "what to plot, a panel each; several in one panel: names with commas between; by "
                  "default returns, or all there is")
      ->type_name("NAME");
  program.app()
      .add_option("--against", job.against,
                  "the quantity on the horizontal axis; by default frames, update or horizon")
      ->type_name("NAME");
  program.app()
      .add_option("--group-by", job.group_by,
                  "draw the runs that agree in these as one line: settings (model.kl_scale), task, "
                  "seed, folder; run.json beside each file says them")
      ->type_name("KEY");
  program.app()
      .add_option("--center", job.aggregation.center,
                  "the line of a group: mean or interquartile mean of its runs")
      ->type_name("mean|iqm")
      ->check(CLI::IsMember(compare::centers()).description(""))
      ->capture_default_str();
  program.app()
      .add_option("--band", job.aggregation.band,
                  "the band around it: standard deviation, least to largest, or the 95 % interval "
                  "of the mean by bootstrap")
      ->type_name("std|minmax|ci95|none")
      ->check(CLI::IsMember(compare::bands()).description(""))
      ->capture_default_str();
  program.count("--smooth", job.smooth, 1, "each point as the mean of N points around it");
  program.app()
      .add_option("--log", job.log_axes, "logarithmic axes")
      ->type_name("x|y")
      ->check(CLI::IsMember({"x", "y"}).description(""));
  program.memory_remedy("fewer files or a smaller --scale");
  program.examples({"dr-render open-loop.h5 --out open-loop.mp4",
                    "dr-render episodes --size 240 --camera 1 --out episodes.mp4",
                    "dr-render model.jsonl --plot kl --out kl.png"});
  program.check([&] {
    const media::Format format = media::format_of(job.out);
    check_formats(program.app(), format);
    media::check_rate(job.out, format, job.fps);
    rerendering.render = env::render_quality(quality);
    if (rerendering.render == env::RenderQuality::none)
      throw usage_error("--render is exact or fast here, not none");
    if (std::ranges::any_of(of_rerendering,
                            [](const CLI::Option* option) { return option->count() > 0; }))
      job.open = [&](const auto& episodes) { return rerender(episodes, rerendering); };
  });

  return program.run(argc, argv, [&] {
    job.inputs = media::inputs_of(data::resolve_episodes(files, std::cin));
    check_kinds(program.app(), job.inputs);
    const media::VideoInfo video = media::render(job);
    const Json made = {{"video", job.out.string()}, {"format", media::name_of(video.format)},
                       {"width", video.width},      {"height", video.height},
                       {"frames", video.frames},    {"fps", video.fps}};
    Table table({{"width", "/width"},
                 {"height", "/height"},
                 {"frames", "/frames"},
                 {"fps", "/fps"},
                 {"video", "/video"}});
    emit(made, table);
  });
}
