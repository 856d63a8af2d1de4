#include <iostream>

#include "cli/program.h"
#include "core/output.h"
#include "data/episode_list.h"
#include "logged/export.h"

int main(int argc, char** argv) {
  using namespace dreamer;
  logged::ExportOptions o;
  std::vector<std::string> episodes;
  std::string format = "minari";
  cli::Program program("dr-export", "Write episodes in the formats of other programs");
  CLI::App& app = program.app();
  app.add_option("EPISODES", episodes, "episodes: files, folders (sorted by name), or - for stdin")
      ->required();
  app.add_option("--out", o.out,
                 "the folder of the dataset; Minari's are called NAME-vN (required)")
      ->type_name("DIR");
  app.add_option("--format", format, "Minari's HDF5, or the npz episodes of Dreamer v1 and v2")
      ->check(CLI::IsMember({"minari", "dreamer"}).description(""))
      ->type_name("minari|dreamer")
      ->capture_default_str();
  program.force(o.replace);
  program.examples({"dr-export episodes --out datasets/pendulum-v0",
                    "dr-export episodes --format dreamer --out npz"});
  program.check([&] {
    if (o.out.empty()) throw usage_error("--out is needed: the folder of the dataset");
    if (format == "dreamer") o.format = logged::ExportFormat::dreamer;
  });
  return program.run(argc, argv, [&] {
    o.episodes = data::resolve_episodes(episodes, std::cin);
    logged::export_episodes(o, [](const Json& line) { emit(line); });
  });
}
