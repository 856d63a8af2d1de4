#include "compare/groups.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "core/error.h"
#include "core/json.h"
#include "core/nearest.h"

namespace dreamer::compare {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& log) { return fs::absolute(log).parent_path(); }

fs::path settings_of(const fs::path& log) { return log.parent_path() / "run.json"; }

/// What the run of a log was made with.
Json run_of(const fs::path& log) {
  const fs::path path = settings_of(log);
  std::ifstream in(path);
  if (!in)
    throw error(
        "{}: there is no run.json beside it, which says what the run was made with; without it "
        "runs are told apart by --group-by folder",
        log.string());
  const std::string text(std::istreambuf_iterator<char>(in), {});
  Json run = try_parse_json(text).value_or(Json());
  if (!run.is_object()) throw error("{} is no JSON object", path.string());
  return run;
}

/// The settings of a run by their names on the command line, and what else is said of it.
Json by_name(const Json& run) {
  Json values = Json::object();
  for (const auto& [key, value] : run.items())
    if (value.is_primitive()) values[key] = value;
  const Json settings = run.value("settings", Json::object());
  for (const auto& [section, fields] : settings.items())
    for (const auto& [name, value] : fields.items()) values[section + "." + name] = value;
  return values;
}

std::string text(const Json& value) {
  return value.is_string()   ? value.get<std::string>()
         : value.is_number() ? fmt::format("{:g}", value.get<double>())
                             : value.dump();
}

std::string name_of(const fs::path& log, const std::vector<std::string>& keys) {
  Json values;
  std::vector<std::string> parts;
  for (const std::string& key : keys) {
    if (key == "folder") {
      parts.push_back(folder_of(log).filename().string());
      continue;
    }
    if (values.is_null()) values = by_name(run_of(log));
    if (!values.contains(key)) {
      std::vector<std::string> known = {"folder"};
      for (const auto& [name, value] : values.items()) known.push_back(name);
      throw usage_error("--group-by {}: {} has no such setting{}", key, settings_of(log).string(),
                        did_you_mean(key, known));
    }
    const bool setting = key.find('.') != std::string::npos;
    parts.push_back(setting         ? key.substr(key.rfind('.') + 1) + "=" + text(values[key])
                    : key == "task" ? text(values[key])
                                    : key + "=" + text(values[key]));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

std::vector<Group> group_by(const std::vector<fs::path>& logs,
                            const std::vector<std::string>& keys) {
  std::vector<Group> groups;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    const std::string name = name_of(logs[i], keys);
    auto found = std::ranges::find(groups, name, &Group::name);
    if (found == groups.end()) found = groups.insert(groups.end(), {name, {}});
    found->members.push_back(i);
  }
  return groups;
}

}  // namespace dreamer::compare
