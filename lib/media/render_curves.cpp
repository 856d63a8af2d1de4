#include "media/render_curves.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <set>

#include "compare/groups.h"
#include "compare/log.h"
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
using compare::current_name;
using compare::Line;
using compare::Log;

constexpr Size kPanel{320, 560};  // of several
constexpr int kPanelGap = 8;
constexpr std::int64_t kMostPanelColumns = 3;

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

std::string known_axis(const Log& log) {
  const std::vector<std::string> names = log.names();
  if (contains(names, "mean") && contains(names, "frames")) return "frames";
  for (const char* name : {"update", "frames", "horizon"})
    if (contains(names, name)) return name;
  throw error("{}: neither frames nor update in its lines; say what to plot --against (it has: {})",
              log.path.string(), fmt::join(log.names(), ", "));
}

/// What is shown if nothing was asked for: returns, or all metrics but those of the clock.
std::vector<std::string> known_quantities(const Log& log, const std::string& axis) {
  std::vector<std::string> names = log.names();
  if (contains(names, "mean")) return {"mean"};
  std::erase_if(names, [&](const std::string& name) {
    static const std::set<std::string> kOfTheClock{"update",
                                                   "frames",
                                                   "round",
                                                   "seconds",
                                                   "overhead_seconds",
                                                   "updates_per_second",
                                                   "data_wait_fraction"};
    return name == axis || kOfTheClock.contains(name);
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
Line line_of(const Log& log, const std::string& name, const std::string& axis) {
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
  Line line;
  for (const auto& [x, point] : points) {
    line.x.push_back(x);
    line.y.push_back(point.y);
    if (band) line.low.push_back(point.low);
    if (band) line.high.push_back(point.high);
  }
  return line;
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

/// What a panel has a line for: a file, or a group of runs.
struct Subject {
  std::string name;  // in the legend
  std::vector<std::size_t> logs;
};

std::vector<Subject> subjects_of(const std::vector<Log>& logs, const PlotOptions& options) {
  std::vector<Subject> subjects;
  if (options.group_by.empty()) {
    const std::vector<std::string> names = legend_names(logs);
    for (std::size_t i = 0; i < logs.size(); ++i) subjects.push_back({names[i], {i}});
    return subjects;
  }
  std::vector<fs::path> paths;
  for (const Log& log : logs) paths.push_back(log.path);
  for (const compare::Group& group : compare::group_by(paths, options.group_by))
    subjects.push_back({fmt::format("{} ({})", group.name, group.members.size()), group.members});
  return subjects;
}

/// A subject's line; without a point if it has none of the quantity.
Line line_of(const std::vector<Log>& logs, const Subject& subject, const std::string& name,
             const std::string& axis, const PlotOptions& options) {
  std::vector<Line> lines;
  for (const std::size_t i : subject.logs) {
    Line line = line_of(logs[i], name, axis);
    if (!line.x.empty()) lines.push_back(compare::smoothed(line, options.smooth));
  }
  return lines.empty() ? Line() : compare::aggregate(lines, options.aggregation);
}

/// What the lines of groups are, behind the name of the quantity.
std::string aggregation_in_words(const compare::Aggregation& how) {
  const std::string center = how.center == "iqm" ? "interquartile mean" : "mean";
  const std::string band = how.band == "std"      ? "band: standard deviation"
                           : how.band == "minmax" ? "band: least to largest"
                           : how.band == "ci95"   ? "band: 95 % interval of the mean"
                                                  : "";
  return fmt::format(" ({} of the runs{}{})", center, band.empty() ? "" : "; ", band);
}

/// One panel.
Chart chart_of(const std::vector<Log>& logs, const std::vector<Subject>& subjects,
               const std::vector<std::string>& names, const std::string& axis,
               const PlotOptions& options) {
  const bool means = names == std::vector<std::string>{"mean"}, groups = !options.group_by.empty();
  Chart chart{.y_label = in_words(names.front()), .x_label = in_words(axis)};
  if (groups) chart.y_label += aggregation_in_words(options.aggregation);
  for (const std::string& name : names) {
    bool found = false;
    for (const Subject& subject : subjects) {
      Line line = line_of(logs, subject, name, axis, options);
      if (line.x.empty()) continue;
      found = true;
      const std::string label = names.size() == 1      ? subject.name
                                : subjects.size() == 1 ? in_words(name)
                                                       : in_words(name) + " " + subject.name;
      chart.series.push_back({label, std::move(line.x), std::move(line.y), std::move(line.low),
                              std::move(line.high), line_color(chart.series.size())});
    }
    if (!found) {
      const std::vector<std::string> known = logs.front().names();
      throw error("{}: no values of {} over {} in it{} (it has: {})", logs.front().path.string(),
                  name, axis, did_you_mean(name, known), fmt::join(known, ", "));
    }
  }
  chart.log_x = std::ranges::count(options.log_axes, "x") > 0;
  chart.log_y = std::ranges::count(options.log_axes, "y") > 0;
  chart.from_zero = means && !chart.log_y;
  if (means && axis == "frames") chart.references = published_curves(logs);
  if (chart.series.size() + chart.references.size() == 1 && !groups)
    chart.series.front().name.clear();
  return chart;
}

}  // namespace

bool is_curve(const fs::path& path) {
  return path.extension() == ".jsonl" || path.extension() == ".json";
}

Canvas curves(const std::vector<fs::path>& files, const PlotOptions& options) {
  std::vector<Log> logs;
  for (const fs::path& file : files) logs.push_back(compare::read_log(file));
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

  const std::vector<Subject> subjects = subjects_of(logs, options);
  std::vector<Chart> charts;
  for (const auto& names : wanted) charts.push_back(chart_of(logs, subjects, names, axis, options));
  if (charts.size() == 1) return draw(charts.front(), 540, 960, 2);
  std::vector<Canvas> drawn;
  for (const Chart& chart : charts)
    drawn.push_back(
        draw(chart, static_cast<int>(kPanel.height), static_cast<int>(kPanel.width), 2));
  return grid(drawn, static_cast<int>(columns), kPanelGap);
}

}  // namespace dreamer::media
