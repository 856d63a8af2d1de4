#include "media/render_curves.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <unordered_set>

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/nearest.h"
#include "core/paths.h"
#include "core/split.h"
#include "media/chart.h"
#include "media/layout.h"

namespace dreamer::media {
namespace {

namespace fs = std::filesystem;

constexpr Size kPanel{320, 560};  // of several
constexpr int kPanelGap = 8;
constexpr std::int64_t kMostPanelColumns = 3;

/// A file of JSON Lines.
struct Log {
  fs::path path;
  std::vector<Json> lines;

  /// Names of the numbers in it, in the order in which they first appear.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    std::unordered_set<std::string> known;
    for (const Json& line : lines)
      for (const auto& [name, value] : line.items())
        if (value.is_number() && known.insert(name).second) names.push_back(name);
    return names;
  }
};

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

/// The name of a metric, which older versions may have called otherwise.
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

Log read_log(const fs::path& path) {
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

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

std::string known_axis(const Log& log) {
  for (const char* name : {"frames", "update", "horizon"})
    if (contains(log.names(), name)) return name;
  throw error("{}: neither frames nor update in its lines; say what to plot --against (it has: {})",
              log.path.string(), fmt::join(log.names(), ", "));
}

/// What is shown if nothing was asked for: returns, or all metrics but those of the clock.
std::vector<std::string> known_quantities(const Log& log, const std::string& axis) {
  std::vector<std::string> names = log.names();
  if (contains(names, "mean")) return {"mean"};
  std::erase_if(names, [&](const std::string& name) {
    return name == axis || name == "updates_per_second" || name == "data_wait_fraction" ||
           name == "seconds" || name == "overhead_seconds";
  });
  return names;
}

/// A number that a chart can show; NaN for what is none.
double shown(const Json& value) {
  if (!value.is_number()) return std::numeric_limits<double>::quiet_NaN();
  const double number = value;
  return std::abs(number) <= kLargestShown ? number : std::numeric_limits<double>::quiet_NaN();
}

/// One quantity of a file; without a point if the file has none of it.
Series series_of(const Log& log, const std::string& name, const std::string& axis) {
  struct Point {
    double y, low, high;
  };
  std::map<double, Point> points;
  bool band = name == "mean";
  std::int64_t beyond = 0;
  for (const Json& line : log.lines) {
    const auto at = line.find(axis), value = line.find(name), interval = line.find("ci95");
    if (at == line.end() || value == line.end() || !at->is_number() || !value->is_number())
      continue;
    const double x = shown(*at), y = shown(*value);
    if (std::isnan(x) || std::isnan(y)) {
      ++beyond;
      continue;
    }
    Point point{y, y, y};
    if (band && interval != line.end() && interval->is_array() && interval->size() == 2)
      point = {y, shown((*interval)[0]), shown((*interval)[1])};
    else
      band = false;
    if (std::isnan(point.low) || std::isnan(point.high)) band = false;
    points[x] = point;
  }
  if (beyond > 0)
    log::warning("{}: {} values of {} over {} are larger than {:g}; they are left out",
                 log.path.string(), beyond, name, axis, kLargestShown);
  Series series;
  for (const auto& [x, point] : points) {
    series.x.push_back(x);
    series.y.push_back(point.y);
    if (band) series.low.push_back(point.low);
    if (band) series.high.push_back(point.high);
  }
  return series;
}

/// What tells the files apart, for the legend: their names, or those of their folders.
std::vector<std::string> legend_names(const std::vector<Log>& logs) {
  std::vector<std::string> stems, folders;
  for (const Log& log : logs) {
    stems.push_back(log.path.stem().string());
    folders.push_back(fs::absolute(log.path).parent_path().filename().string());
  }
  const auto differ = [](const std::vector<std::string>& names) {
    return std::set(names.begin(), names.end()).size() == names.size();
  };
  if (logs.size() == 1 && (stems[0] == "curve" || stems[0] == "log")) return folders;
  if (differ(stems)) return stems;
  if (differ(folders)) return folders;
  for (std::size_t i = 0; i < logs.size(); ++i) stems[i] = logs[i].path.string();
  return stems;
}

/// The published curve of the task that all the evaluations are of.
std::vector<Series> published_curves(const std::vector<Log>& logs) {
  std::set<std::string> tasks;
  for (const Log& log : logs)
    for (const Json& line : log.lines)
      if (line.contains("mean")) {
        const auto task = line.find("task");
        tasks.insert(task != line.end() && task->is_string() ? task->get<std::string>() : "");
      }
  if (tasks.size() != 1) return {};
  const Json published = read_share("published.json");
  const auto found = published.at("tasks").find(*tasks.begin());
  if (found == published.at("tasks").end()) return {};
  Series series{"published mean (band: std over seeds)",
                published.at("frames"),
                (*found)["mean"],
                {},
                {},
                theme::kTruth};
  const std::vector<double> stddev = (*found)["std"];
  for (std::size_t i = 0; i < series.y.size(); ++i) {
    series.low.push_back(series.y[i] - stddev[i]);
    series.high.push_back(series.y[i] + stddev[i]);
  }
  return {series};
}

std::string in_words(const std::string& name) {
  static const std::map<std::string, std::string> kWords{{"frames", "environment frames"},
                                                         {"update", "updates"},
                                                         {"seconds", "seconds"},
                                                         {"mean", "mean return"}};
  const auto found = kWords.find(name);
  if (found != kWords.end()) return found->second;
  std::string words = name;
  std::ranges::replace(words, '_', ' ');
  return words;
}

/// The quantities of a panel that --plot asks for, with commas between.
std::vector<std::string> asked_names(const std::string& panel) {
  std::vector<std::string> names = split(panel, ',');
  std::ranges::transform(names, names.begin(), current_name);
  if (names.empty()) throw usage_error("--plot needs the name of a quantity");
  return names;
}

/// One panel.
Chart chart_of(const std::vector<Log>& logs, const std::vector<std::string>& names,
               const std::string& axis) {
  const std::vector<std::string> legend = legend_names(logs);
  const bool means = names == std::vector<std::string>{"mean"};
  Chart chart{in_words(names.front()), in_words(axis), {}, {}, false};
  for (const std::string& name : names) {
    bool found = false;
    for (std::size_t i = 0; i < logs.size(); ++i) {
      Series series = series_of(logs[i], name, axis);
      if (series.x.empty()) continue;
      found = true;
      series.name = names.size() == 1  ? legend[i]
                    : logs.size() == 1 ? in_words(name)
                                       : in_words(name) + " " + legend[i];
      series.color = line_color(chart.series.size());
      chart.series.push_back(std::move(series));
    }
    if (!found) {
      const std::vector<std::string> known = logs.front().names();
      throw error("{}: no values of {} over {} in it{} (it has: {})", logs.front().path.string(),
                  name, axis, did_you_mean(name, known), fmt::join(known, ", "));
    }
  }
  chart.from_zero = means;
  if (means && axis == "frames") chart.references = published_curves(logs);
  if (chart.series.size() + chart.references.size() == 1) chart.series.front().name.clear();
  return chart;
}

}  // namespace

bool is_curve(const fs::path& path) {
  return path.extension() == ".jsonl" || path.extension() == ".json";
}

Canvas curves(const std::vector<fs::path>& files, const PlotOptions& options) {
  std::vector<Log> logs;
  for (const fs::path& file : files) logs.push_back(read_log(file));
  const std::string axis = options.against.empty() ? known_axis(logs.front()) : options.against;
  std::vector<std::vector<std::string>> wanted;  // by panel
  for (const std::string& panel : options.plot) wanted.push_back(asked_names(panel));
  if (wanted.empty())
    for (const std::string& name : known_quantities(logs.front(), axis)) wanted.push_back({name});

  if (wanted.empty())
    throw error("{}: its lines have no values beside {}; there is nothing to plot",
                logs.front().path.string(), axis);
  const std::int64_t panels = std::ssize(wanted), columns = even_columns(panels, kMostPanelColumns);
  if ((panels + columns - 1) / columns * (kPanel.height + kPanelGap) > kLongestSide)
    throw error("{}: {} panels are too many for one figure; choose some by --plot",
                logs.front().path.string(), panels);

  std::vector<Chart> charts;
  for (const auto& names : wanted) charts.push_back(chart_of(logs, names, axis));
  if (charts.size() == 1) return draw(charts.front(), 540, 960, 2);
  std::vector<Canvas> drawn;
  for (const Chart& chart : charts)
    drawn.push_back(
        draw(chart, static_cast<int>(kPanel.height), static_cast<int>(kPanel.width), 2));
  return grid(drawn, static_cast<int>(columns), kPanelGap);
}

}  // namespace dreamer::media
