#include <filesystem>
#include <system_error>

#include "cli/program.h"
#include "compare/run_table.h"
#include "core/error.h"
#include "core/log.h"
#include "core/output.h"
#include "core/printable.h"
#include "data/describe.h"
#include "data/folder_info.h"

namespace {

using namespace dreamer;

constexpr std::size_t kMostMisfits = 10;  // listed of a folder without --verbose

struct Options {
  std::vector<std::string> files;
  std::vector<std::string> group_by;
  bool check = false, diff = false, runs = false, json = false, verbose = false;
};

const std::vector<data::Preset>& presets() {
  static const auto kPresets = [] {
    std::vector<data::Preset> all;
    for (const std::string& name : preset_names()) {
      Config config;
      apply_preset(config, name);
      all.push_back({name, to_json(config)});
    }
    return all;
  }();
  return kPresets;
}

void show(const std::string& file, const Options& options) {
  Json description = data::describe(file);
  description["settings"] = data::settings_of(description, presets());
  if (options.json)
    emit(description);
  else
    emit_text(options.verbose ? data::listing(description)
                              : data::summary(description, description["settings"]));
}

void show_folder(const std::string& folder, const Options& options) {
  const Json description = data::describe_folder(folder);
  if (options.json)
    emit(description);
  else
    emit_text(data::folder_text(description,
                                options.verbose ? description.at("misfits").size() : kMostMisfits));
}

/// Whether the file obeys the layout of its format.
ExitCode check(const std::string& file, const Options& options) {
  const auto broken = data::violations(file);
  if (options.json) emit({{"file", file}, {"ok", broken.empty()}, {"violations", broken}});
  for (const std::string& sentence : broken)
    if (!options.json) emit_text(fmt::format("{}: {}\n", printable(file), printable(sentence)));
  if (broken.empty() && !options.json) emit_text(fmt::format("{}: ok\n", printable(file)));
  return broken.empty() ? ExitCode::ok : ExitCode::no;
}

/// Whether every .h5 file in a folder can be read and obeys the layout of its format; names those
/// that do not, and counts.
ExitCode check_folder(const std::string& folder, const Options& options) {
  auto answer = ExitCode::ok;
  std::int64_t files = 0, failed = 0;
  Json failures = Json::array();
  const auto fail = [&](const std::string& file, const std::string& why) {
    failures.push_back({{"file", file}, {"reason", why}});
    const std::string line = why.starts_with(file) ? why : fmt::format("{}: {}", file, why);
    if (!options.json) emit_text(printable(line) + "\n");
  };
  for (const auto& path : data::files_in(folder)) {
    if (path.extension() != ".h5") continue;
    const std::string file = path.string();
    ++files;
    try {
      const auto broken = data::violations(path);
      for (const std::string& sentence : broken) fail(file, sentence);
      if (broken.empty()) continue;
      if (answer == ExitCode::ok) answer = ExitCode::no;
    } catch (const Error& e) {
      fail(file, e.what());
      answer = ExitCode::failed;
    }
    ++failed;
  }
  if (options.json)
    emit({{"folder", folder},
          {"ok", failed == 0},
          {"files", files},
          {"failed", failed},
          {"failures", failures}});
  else
    emit_text(fmt::format("{}: {} of {} files ok\n", printable(folder), files - failed, files));
  return answer;
}

/// Shows in what two files differ.
ExitCode compare_two(const Options& options) {
  const Json first = data::describe(options.files[0]), second = data::describe(options.files[1]);
  const auto found = data::differences(first, second);
  if (options.json) {
    Json list = Json::array();
    for (const auto& [name, a, b] : found)
      list.push_back({{"name", name}, {"first", a}, {"second", b}});
    emit({{"files", options.files}, {"same", found.empty()}, {"differences", std::move(list)}});
  } else {
    const auto shown = [](const Json& v) { return v.is_null() ? "-" : data::value_text(v); };
    for (const auto& [name, a, b] : found)
      emit_text(fmt::format("{} {} -> {}\n", printable(name), shown(a), shown(b)));
  }
  return found.empty() ? ExitCode::ok : ExitCode::no;
}

/// What came of runs, group by group.
void show_runs(const Options& options) {
  const auto table = compare::run_table(
      {options.files.begin(), options.files.end()},
      options.group_by.empty() ? std::vector<std::string>{"folder"} : options.group_by);
  if (!options.json) return emit_text(compare::run_table_text(table));
  for (const Json& row : table) emit(row);
}

ExitCode answer(const std::string& file, const Options& options) {
  std::error_code missing;  // which opening it says better
  const bool folder = std::filesystem::is_directory(file, missing);
  if (options.check) return folder ? check_folder(file, options) : check(file, options);
  folder ? show_folder(file, options) : show(file, options);
  return ExitCode::ok;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  Config config;
  cli::Program program("dr-info",
                       "Show what a file or a folder of episodes is and where it came from, check "
                       "or compare files; show settings");
  program.app()
      .add_option("FILE", options.files,
                  "episode, model, policy or dream files, and folders of episodes")
      ->type_name("")
      ->required();
  auto* checking = program.app().add_flag(
      "--check", options.check,
      "validate each file against the layout of its format; status 3 if one is invalid");
  program.app()
      .add_flag("--diff", options.diff,
                "show in which settings, attributes, versions and shapes two files differ; status "
                "3 if in any")
      ->excludes(checking);
  auto* const runs = program.app().add_flag(
      "--runs", options.runs,
      "a table of what came of runs: FILE is the folder of a run of dr-train or dreamer.mk, or its "
      "learning curve");
  runs->excludes(checking);
  program.app()
      .add_option("--group-by", options.group_by,
                  "with --runs: a row for the runs that agree in these: settings "
                  "(model.kl_scale), task, seed, folder")
      ->type_name("KEY")
      ->needs(runs);
  program.config(config, section_names());
  program.examples(
      {"dr-info policy.h5", "dr-info --check episodes", "dr-info --print-config --preset quick"});
  program.check([&] {
    for (const char* option : {"--preset", "--config", "--set"})
      if (program.app().count(option) > 0)
        throw usage_error("{} goes with --print-config, which shows the settings", option);
    if (options.diff && options.files.size() != 2)
      throw usage_error("--diff compares two files, not {}", options.files.size());
  });
  return program.run(argc, argv, [&] {
    options.json = program.json();
    options.verbose = program.app().count("--verbose") > 0;
    if (options.diff) return compare_two(options);
    if (options.runs) {
      show_runs(options);
      return ExitCode::ok;
    }
    auto worst = ExitCode::ok;
    for (const std::string& file : options.files) {
      try {
        const ExitCode code = answer(file, options);
        if (worst != ExitCode::failed && code != ExitCode::ok) worst = code;
      } catch (const Error& e) {  // every file is reported before the status is decided
        log::error(e.what());
        worst = ExitCode::failed;
      }
    }
    return worst;
  });
}
