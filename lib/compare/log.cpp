#include "compare/log.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <unordered_set>

#include "core/error.h"
#include "core/log.h"

namespace dreamer::compare {
namespace {

/// An evaluation of a model says its numbers by horizon, as arrays: here a line for each horizon.
std::vector<Json> lines_by_horizon(const Json& arrays) {
  std::vector<Json> lines;
  for (const auto& [name, values] : arrays.items())
    for (std::size_t i = 0; values.is_array() && i < values.size(); ++i) {
      if (i == lines.size()) lines.push_back({{"horizon", i + 1}});
      if (values[i].is_number()) lines[i][name] = values[i];
    }
  return lines;
}

/// A line with the current names of its metrics. Those of dr-train's lines, {"model": {"kl": …},
/// …}, become "model.kl".
Json flat_line(const Json& line) {
  Json flat = Json::object();
  for (const auto& [name, value] : line.items()) flat[current_name(name)] = value;
  for (const auto& [name, value] : line.items())
    if (value.is_object())
      for (const auto& [part, number] : value.items())
        if (number.is_number()) flat[name + "." + current_name(part)] = number;
  return flat;
}

}  // namespace

std::vector<std::string> Log::names() const {
  std::vector<std::string> names;
  std::unordered_set<std::string> known;
  for (const Json& line : lines)
    for (const auto& [name, value] : line.items())
      if (value.is_number() && known.insert(name).second) names.push_back(name);
  return names;
}

std::string current_name(const std::string& name) {
  static const std::map<std::string, std::string> kRenamed{
      {"share_under_free_nats", "free_nats_fraction"},
      {"share_at_bounds", "action_saturation"},
      {"data_wait_share", "data_wait_fraction"},
      {"action_spread", "action_std"}};
  const auto part = name.rfind('.') + 1;  // 0 where there is none
  const auto found = kRenamed.find(name.substr(part));
  return found == kRenamed.end() ? name : name.substr(0, part) + found->second;
}

Log read_log(const std::filesystem::path& path) {
  std::ifstream in(path);
  Log log{path, {}};
  std::vector<int> left_out;  // line numbers
  std::string text;
  for (int number = 1; std::getline(in, text); ++number) {
    if (text.empty()) continue;
    Json line = try_parse_json(text).value_or(Json());
    if (line.is_object() && line.contains("by_horizon"))
      std::ranges::move(lines_by_horizon(line["by_horizon"]), std::back_inserter(log.lines));
    else if (line.is_object())
      log.lines.push_back(flat_line(line));
    else  // torn where a machine went down
      left_out.push_back(number);
  }
  if (in.bad() || log.lines.empty())
    throw error("{}: no lines of JSON can be read; give a learning curve or a log of metrics",
                path.string());
  if (!left_out.empty())
    log::warning("{}: {} left out, from line {} on: no JSON objects", path.string(),
                 left_out.size() == 1 ? "1 line is" : fmt::format("{} lines are", left_out.size()),
                 left_out.front());
  return log;
}

}  // namespace dreamer::compare
