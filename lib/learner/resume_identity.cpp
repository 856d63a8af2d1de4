#include "learner/resume_identity.h"

#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/config.h"

namespace dreamer {
namespace {

constexpr std::size_t kMostShown = 3;

/// What is called otherwise on the command line than in the file.
std::string in_words(const std::string& key) {
  if (key == "data" || key == "frames") return "the episodes of --data";
  if (key == "init") return "what it began with (--init-model, --init-policy)";
  return "--" + key;
}

std::string text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string with_values(const std::string& name, const Json& theirs, const Json& ours) {
  return fmt::format("{} ({} there, {} here)", name, text(theirs), text(ours));
}

/// A setting that a file of another version does not have has its default there.
void add_settings(const Json& theirs, const Json& ours, std::vector<std::string>& found) {
  Config defaults;
  for (const Section& section : sections(defaults)) {
    if (!ours.contains(section.name)) continue;
    const Json there = theirs.value(section.name, Json::object());
    const Json& here = ours.at(section.name);
    for (const Field& field : section.fields) {
      if (!here.contains(field.name)) continue;
      const Json older =
          field.older.empty() ? field.json() : there.value(field.older, field.json());
      const Json value = there.value(field.name, older);
      if (value != here.at(field.name))
        found.push_back(with_values(section.name + "." + field.name, value, here.at(field.name)));
    }
  }
}

/// The checkpoints that a fit learns in and continues from. The data have a key of their own.
void add_parents(const Json& theirs, const Json& ours, std::vector<std::string>& found) {
  const auto id = [](const Json& parents, std::string_view role) {
    for (const Json& parent : parents)
      if (parent.at(0) == role) return parent.at(1);
    return Json();
  };
  for (const std::string role : {"model", "init"})
    if (id(theirs, role) != id(ours, role)) found.push_back(fmt::format("--{}", role));
}

}  // namespace

std::string differences(const Json& theirs, const Json& ours) {
  std::vector<std::string> found;
  for (const auto& [key, here] : ours.items()) {
    const auto there = theirs.find(key);
    if (there == theirs.end() || *there == here) continue;
    if (key == "config")
      add_settings(*there, here, found);
    else if (key == "parents")
      add_parents(*there, here, found);
    else if (key == "seed" || key == "task" || key == "render")
      found.push_back(with_values(in_words(key), *there, here));
    else if (found.empty() || found.back() != in_words(key))
      found.push_back(in_words(key));
  }
  std::string line;
  for (std::size_t i = 0; i < found.size() && i < kMostShown; ++i)
    line += (i > 0 ? ", " : "") + found[i];
  if (found.size() > kMostShown) line += fmt::format(" and {} more", found.size() - kMostShown);
  return line;
}

}  // namespace dreamer
