#include <algorithm>
#include <fstream>

#include "config/config.h"
#include "core/error.h"
#include "core/json.h"
#include "core/nearest.h"
#include "core/paths.h"

namespace dreamer {
namespace {

std::filesystem::path preset_dir() { return share_dir() / "presets"; }

Json read_json(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw error("{}: cannot be read", path.string());
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  try {
    return parse_json(text, path.string(), JsonComments::ignore);
  } catch (const Error& e) {
    throw Error(e.what(), ExitCode::usage);
  }
}

}  // namespace

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(preset_dir()))
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  std::ranges::sort(names);
  return names;
}

void apply_preset(Config& config, const std::string& name) {
  const auto names = preset_names();
  if (std::ranges::find(names, name) == names.end())
    throw usage_error("no preset {}{} (presets: {})", name, did_you_mean(name, names),
                      fmt::join(names, ", "));
  config =
      Config();  // a preset is a whole set of settings; its file says where they are not paper's
  merge_file(config, preset_dir() / (name + ".json"));
}

void merge_file(Config& config, const std::filesystem::path& path) {
  const Json json = read_json(path);
  with_context(path.string(), [&] { merge(config, json); });
}

}  // namespace dreamer
