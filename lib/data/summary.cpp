#include "core/error.h"
#include "core/printable.h"
#include "data/describe.h"
#include "io/file.h"

namespace dreamer::data {
namespace {

namespace fs = std::filesystem;

/// The member of an object in an object in … that the keys name; null if there is none.
Json at(const Json& value, std::initializer_list<const char*> keys) {
  const Json* found = &value;
  for (const char* key : keys) {
    if (!found->is_object() || !found->contains(key)) return nullptr;
    found = &(*found)[key];
  }
  return *found;
}

std::string text(const Json& value, std::string_view otherwise = "?") {
  return value.is_null() ? std::string(otherwise) : value_text(value);
}

/// "251x64x64x3"; empty if there is no such dataset.
std::string shape_of(const Json& description, const std::string& path, std::size_t from) {
  for (const Json& dataset : description.at("datasets"))
    if (dataset.at("path") == path && dataset.at("shape").size() > from) {
      const auto shape = dataset.at("shape").get<std::vector<std::int64_t>>();
      return fmt::format(
          "{}", fmt::join(shape.begin() + static_cast<std::ptrdiff_t>(from), shape.end(), "x"));
    }
  return {};
}

std::string episode_line(const Json& d) {
  const auto root = [&](const char* name) { return text(at(d, {"attributes", "/", name})); };
  const std::string image = shape_of(d, "/image", 1);
  return fmt::format(
      "episode of {}: {} rows, {}, seed {}, index {}, action repeat {}, {}", root("task"),
      root("length"), root("rewards") == "none" ? "no rewards" : "return " + root("return"),
      root("seed"), root("index"), root("action_repeat"),
      image.empty() ? "no images" : fmt::format("images {} (render {})", image, root("render")));
}

std::string checkpoint_line(const Json& d, std::string_view what) {
  const auto of = [&](const char* group, const char* name) {
    return text(at(d, {"attributes", group, name}));
  };
  const bool unfinished = !at(d, {"attributes", "/progress", "job"}).is_null();
  return fmt::format("{} for {}: {} updates, {} environment steps in its data, action repeat {}{}",
                     what, of("/model", "task"), of("/progress", "updates"),
                     of("/progress", "environment_steps"), of("/model", "action_repeat"),
                     unfinished ? "; unfinished: its command, run again, continues from here" : "");
}

std::string dream_line(const Json& d) {
  const auto root = [&](const char* name) { return text(at(d, {"attributes", "/", name})); };
  const std::string starts = shape_of(d, "/start/row", 0), rows = shape_of(d, "/image", 1);
  return fmt::format("dream of {} ({}): {} starts, {} rows, {} of them seen", root("task"),
                     root("kind") == "policy"    ? "under a policy"
                     : root("kind") == "what_if" ? "along other actions"
                                                 : "along logged actions",
                     starts.empty() ? "?" : starts, rows.substr(0, rows.find('x')),
                     root("context"));
}

std::string headline(const Json& d) {
  const auto format = d.at("format").get<std::string>();
  if (format == "dreamer.episode") return episode_line(d);
  if (format == "dreamer.model") return checkpoint_line(d, "model");
  if (format == "dreamer.policy") return checkpoint_line(d, "policy");
  if (format == "dreamer.dream") return dream_line(d);
  if (format == "dreamer.step")
    return fmt::format("one update of a {}, in full", text(at(d, {"attributes", "/", "kind"})));
  return printable(format);
}

/// The argument behind `option` in the command that made the file; empty if there is none.
std::string argument(const Json& description, const std::string& option) {
  const Json argv = at(description, {"provenance", "argv"});
  for (std::size_t i = 0; argv.is_array() && i < argv.size(); ++i) {
    if (!argv[i].is_string()) continue;
    const auto word = argv[i].get<std::string>();
    if (word.starts_with(option + "=")) return word.substr(option.size() + 1);
    if (word == option && i + 1 < argv.size() && argv[i + 1].is_string())
      return argv[i + 1].get<std::string>();
  }
  return {};
}

/// "model.h5 (60 updates)" if the file that the command named still is the parent of this id.
std::string known_parent(const Json& description, const std::string& name, const std::string& id) {
  const fs::path beside = fs::path(description.at("file").get<std::string>()).parent_path() / name;
  for (const fs::path& candidate : {fs::path(name), beside}) {
    std::error_code missing;
    if (name.empty() || !fs::is_regular_file(candidate, missing)) continue;
    try {
      const io::FileReader file(candidate);
      if (!file.has_attribute("/provenance", "id") || file.attribute("/provenance", "id") != id)
        continue;
      if (!file.has_attribute("/progress", "updates")) return printable(candidate.string());
      return fmt::format("{} ({} updates)", printable(candidate.string()),
                         text(file.attribute("/progress", "updates")));
    } catch (const Error&) {  // what cannot be read any more is known by its id
    }
  }
  return {};
}

std::string parents_line(const Json& d) {
  const Json parents = at(d, {"provenance", "parents"});
  std::vector<std::string> names;
  for (std::size_t i = 0; parents.is_array() && i < parents.size(); ++i) {
    const std::string role = text(at(parents[i], {"role"})), id = text(at(parents[i], {"id"}));
    const std::string name = argument(d, fmt::format("--{}", role));
    const std::string known = known_parent(d, name, id);
    if (!known.empty())
      names.push_back(fmt::format("{} {}", role, known));
    else if (role == "data" && !name.empty())
      names.push_back(fmt::format("data {} (digest {})", printable(name), id));
    else
      names.push_back(fmt::format("{} {}", role, id));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string settings_line(const Json& settings) {
  std::vector<std::string> changes;
  for (const auto& [name, value] : settings.at("changed").items())
    changes.push_back(fmt::format("{}={}", name, value_text(value)));
  return fmt::format("{}, changed: {}", settings.at("preset").get<std::string>(),
                     changes.empty() ? "none" : fmt::format("{}", fmt::join(changes, " ")));
}

}  // namespace

Json settings_of(const Json& description, const std::vector<Preset>& presets) {
  const Json config = at(description, {"provenance", "config"});
  if (!config.is_object() || config.empty()) return nullptr;
  Json nearest;
  for (const Preset& preset : presets) {
    Json changed = Json::object();
    for (const auto& [section, values] : config.items()) {
      if (!values.is_object()) continue;
      for (const auto& [name, value] : values.items())
        if (at(preset.settings, {section.c_str(), name.c_str()}) != value)
          changed[fmt::format("{}.{}", section, name)] = value;
    }
    if (nearest.is_null() || changed.size() < nearest.at("changed").size())
      nearest = {{"preset", preset.name}, {"changed", std::move(changed)}};
  }
  return nearest;
}

std::string summary(const Json& d, const Json& settings) {
  std::string lines = fmt::format("{}: {}; {} {}, {}\n", printable(d.at("file").get<std::string>()),
                                  headline(d), text(at(d, {"provenance", "program"})),
                                  text(at(d, {"provenance", "version"}), ""),
                                  text(at(d, {"provenance", "time"}), "at an unknown time"));
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) lines += fmt::format("  {:<9} {}\n", name, value);
  };
  add("made by", printable(d.at("command").get<std::string>()));
  add("from", parents_line(d));
  if (!settings.is_null()) add("settings", settings_line(settings));
  return lines;
}

}  // namespace dreamer::data
