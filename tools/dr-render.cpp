#include <algorithm>
#include <iostream>

#include "cli/program.h"
#include "collect/film.h"
#include "core/output.h"
#include "data/episode_list.h"
#include "media/render.h"

int main(int argc, char** argv) {
  using namespace dreamer;
  media::RenderJob job;
  FilmOptions filming;
  std::string quality = env::to_string(filming.render);
  std::vector<std::string> files;

  cli::Program program(
      "dr-render", "Show episodes and dreams as a video or a picture strip, and curves as a plot");
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
  program.count("--scale", job.scale, 0, "pixels a pixel becomes; 0: as large as fits a screen");
  program.real("--fps", job.fps, 0.1, 1000, "frames a second")->capture_default_str();
  program.count("--columns", job.columns, 0,
                "columns of the grid, or of the strip; 0: as reads best");
  program.count("--row", job.row, 0, "png: all episodes in a grid at this row, not a strip")
      ->default_str("");
  std::vector<CLI::Option*> anew;
  anew.push_back(program
                     .count("--size", filming.size, 1,
                            "film episodes anew, in so many rows and columns of pixels")
                     ->default_str(""));
  anew.push_back(program.app()
                     .add_option("--camera", filming.camera,
                                 "film episodes anew, by this camera of the task: name or number")
                     ->type_name("CAMERA"));
  anew.push_back(program.app()
                     .add_option("--render", quality,
                                 "film episodes anew: exact, or fast (no shadows and reflections)")
                     ->type_name("QUALITY")
                     ->capture_default_str());
  program.app().add_flag("--overlay", job.overlay, "curves of reward and value under the frames");
  program.app()
      .add_option("--plot", job.plot,
                  "what to plot, a panel each; several in one panel: names with commas between; by "
                  "default returns, or all there is")
      ->type_name("NAME");
  program.app()
      .add_option("--against", job.against,
                  "the number on the horizontal axis; by default frames, update or horizon")
      ->type_name("NAME");
  program.memory_remedy("fewer files or a smaller --scale");
  program.check([&] {
    const media::Format format = media::format_of(job.out);
    if (job.row >= 0 && format != media::Format::png)
      throw usage_error("--row is of pictures: a name that ends in .png");
    filming.render = env::render_quality(quality);
    if (filming.render == env::RenderQuality::none)
      throw usage_error("--render is exact or fast here, not none");
    if (std::ranges::any_of(anew, [](const CLI::Option* option) { return option->count() > 0; }))
      job.film = [&](const std::filesystem::path& file) { return film(file, filming); };
  });

  return program.run(argc, argv, [&] {
    job.files = data::resolve_episodes(files, std::cin);
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
