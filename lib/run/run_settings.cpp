#include "run/run_settings.h"

#include <fstream>
#include <iterator>
#include <span>
#include <string>

#include "io/atomic_file.h"
#include "io/provenance.h"

namespace dreamer {
namespace {

Json settings_of(const TrainJob& job, const io::Provenance& made) {
  return {{"program", made.program}, {"version", made.version}, {"task", job.task},
          {"seed", job.seed},        {"render", job.render},    {"settings", made.config}};
}

void write(const std::filesystem::path& path, const Json& run) {
  const std::string text = run.dump(2) + "\n";
  io::write_atomically(path, std::as_bytes(std::span(text)), io::Replace::yes);
}

}  // namespace

void write_run_settings(const std::filesystem::path& path, const TrainJob& job) {
  write(path, settings_of(job, io::new_provenance(to_json(job.config), job.seed, {})));
}

void record_run_settings(const std::filesystem::path& path, const TrainJob& job) {
  const io::Provenance made = io::new_provenance(to_json(job.config), job.seed, {});
  Json run = settings_of(job, made);
  std::ifstream in(path);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  Json before = try_parse_json(text).value_or(Json());
  if (!before.is_object()) return write(path, run);
  Json earlier = before.value("earlier", Json::array());
  before.erase("earlier");
  if (before.value("settings", Json()) != run["settings"]) {
    before["until"] = made.time;
    earlier.push_back(before);
  }
  if (!earlier.empty()) run["earlier"] = earlier;
  write(path, run);
}

}  // namespace dreamer
