#include <iostream>

#include "cli/program.h"
#include "core/companion.h"
#include "core/output.h"
#include "core/path_text.h"
#include "data/episode_list.h"
#include "logged/export.h"
#include "portable/export_policy.h"

namespace {

using namespace dreamer;

void export_policy(const std::vector<std::string>& files, const logged::ExportOptions& o) {
  if (files.size() != 1) throw usage_error("--format onnx takes one policy, not {}", files.size());
  using Entry = portable::ExportPolicy* (*)();
  const auto entry = reinterpret_cast<Entry>(companion_symbol(
      "portable", "dreamer_export_policy", "the library for ONNX", "run setup.sh and rebuild"));
  entry()(files.front(), o.out, o.replace);
  emit({{"file", text_of_path(o.out)}, {"policy", files.front()}});
}

}  // namespace

int main(int argc, char** argv) {
  logged::ExportOptions o;
  std::vector<std::string> inputs;
  std::string format = "minari";
  cli::Program program("dr-export", "Write episodes and policies in the formats of other programs");
  CLI::App& app = program.app();
  app.add_option("FILES", inputs,
                 "episodes: files, folders (sorted by name), or - for stdin; or one policy")
      ->required();
  app.add_option(
         "--out", o.out,
         "the folder of the dataset, Minari's are called NAME-vN; or the .onnx file (required)")
      ->type_name("PATH");
  app.add_option("--format", format,
                 "Minari's HDF5, the npz episodes of Dreamer v1 and v2, a LeRobotDataset, or a "
                 "policy as an ONNX graph")
      ->check(CLI::IsMember({"minari", "dreamer", "lerobot", "onnx"}).description(""))
      ->type_name("minari|dreamer|lerobot|onnx")
      ->capture_default_str();
  program.real("--fps", o.fps, 0, 1e6,
               "rows a second of a LeRobotDataset; 0: as the episodes say, or 30");
  program.force(o.replace);
  program.examples({"dr-export episodes --out datasets/pendulum-v0",
                    "dr-export episodes --format dreamer --out npz",
                    "dr-export policy.h5 --format onnx --out policy.onnx"});
  program.check([&] {
    if (o.out.empty()) throw usage_error("--out is needed: the folder of the dataset, or the file");
    if (format == "dreamer") o.format = logged::ExportFormat::dreamer;
    if (format == "lerobot") o.format = logged::ExportFormat::lerobot;
  });
  return program.run(argc, argv, [&] {
    if (format == "onnx") {
      export_policy(inputs, o);
      return;
    }
    o.episodes = data::resolve_episodes(inputs, std::cin);
    logged::export_episodes(o, [](const Json& line) { emit(line); });
  });
}
