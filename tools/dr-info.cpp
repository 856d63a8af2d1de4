#include "cli/program.h"
#include "core/error.h"
#include "core/log.h"
#include "core/output.h"
#include "data/describe.h"

namespace {

using namespace dreamer;

void show(const std::string& file, bool json) {
  const Json description = data::describe(file);
  if (json)
    emit(description);
  else
    emit_text(data::as_text(description));
}

/// Whether the file obeys the layout of its format.
bool check(const std::string& file, bool json) {
  const auto broken = data::violations(file);
  if (json) emit({{"file", file}, {"ok", broken.empty()}, {"violations", broken}});
  for (const std::string& sentence : broken)
    if (!json) emit_text(fmt::format("{}: {}\n", file, sentence));
  if (broken.empty() && !json) emit_text(fmt::format("{}: ok\n", file));
  return broken.empty();
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> files;
  bool checking = false;
  Config config;
  cli::Program program("dr-info",
                       "Show what a file is and where it came from, or check it; show settings");
  program.app().add_option("FILE", files, "any files of ours")->type_name("")->required();
  program.app().add_flag(
      "--check", checking,
      "read all of each file and compare it with the layout of its format; status 3 if one breaks "
      "it");
  program.config(config, section_names());
  program.check([&] {
    for (const char* option : {"--preset", "--config", "--set"})
      if (program.app().count(option) > 0)
        throw usage_error("{} goes with --print-config, which shows the settings", option);
  });
  return program.run(argc, argv, [&] {
    auto answer = ExitCode::ok;
    for (const std::string& file : files) {
      try {
        if (!checking)
          show(file, program.json());
        else if (!check(file, program.json()) && answer == ExitCode::ok)
          answer = ExitCode::no;
      } catch (const Error& e) {  // every file is reported before the status is decided
        log::error(e.what());
        answer = ExitCode::failed;
      }
    }
    return answer;
  });
}
