#include "logged/json_spaces.h"

#include <array>
#include <fstream>
#include <iterator>

#include "core/error.h"

namespace dreamer::logged {
namespace {

/// All numbers of nested lists, in order; nothing if one is no finite number.
bool flatten(const Json& value, std::vector<float>& out) {
  if (value.is_array()) {
    for (const Json& inner : value)
      if (!flatten(inner, out)) return false;
    return true;
  }
  if (!value.is_number()) return false;
  out.push_back(value.get<float>());
  return true;
}

std::int64_t positive(const Json& space, const char* key, std::string_view where) {
  const auto found = space.find(key);
  if (found == space.end() || !found->is_number_integer() || found->get<std::int64_t>() < 1)
    throw error("{} has no {}", where, key);
  return found->get<std::int64_t>();
}

}  // namespace

Json parse_python_json(std::string text, std::string_view where) {
  constexpr std::array<std::string_view, 3> kWords = {"-Infinity", "Infinity", "NaN"};
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') in_string = !in_string;
    if (in_string && text[i] == '\\') ++i;
    if (in_string) continue;
    for (const std::string_view word : kWords)
      if (std::string_view(text).substr(i, word.size()) == word) {
        text.replace(i, word.size(), "null");
        break;
      }
  }
  return parse_json(text, where);
}

Json read_python_json(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  if (file) {
    text.resize(kLongestJson + 1);
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
  }
  if (!file.is_open() || file.bad()) throw error("{}: cannot be read", path.string());
  return parse_python_json(std::move(text), path.string());
}

std::string text_of(const Json& object, const char* key, const std::string& otherwise) {
  if (!object.is_object()) return otherwise;
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

double number_of(const Json& object, const char* key, double otherwise) {
  if (!object.is_object()) return otherwise;
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : otherwise;
}

Space action_space(const Json& space, std::string_view where) {
  if (!space.is_object() || !space.value("type", Json()).is_string())
    throw error("{} is no space", where);
  const auto type = space["type"].get<std::string>();
  if (type == "Discrete") return discrete_space("action", {positive(space, "n", where)});
  if (type == "MultiDiscrete" && space.contains("nvec")) {
    std::vector<float> sizes;
    if (!flatten(space["nvec"], sizes) || sizes.empty()) throw error("{} has no nvec", where);
    std::vector<std::int64_t> groups;
    for (const float size : sizes) groups.push_back(static_cast<std::int64_t>(size));
    for (const std::int64_t size : groups)
      if (size < 1) throw error("{} has a choice of none", where);
    return discrete_space("action", groups);
  }
  if (type != "Box")
    throw error("{} is a {}; Box, Discrete and MultiDiscrete are read", where, type);
  Space action{.name = "action"};
  std::vector<float> low, high;
  const bool bounded = flatten(space.value("low", Json()), low) &&
                       flatten(space.value("high", Json()), high) && low.size() == high.size();
  action.shape = {bounded ? static_cast<std::int64_t>(low.size()) : 0};
  if (bounded) {
    action.low = std::move(low);
    action.high = std::move(high);
  }
  return action;
}

}  // namespace dreamer::logged
