#include "compare/run_table.h"

#include <algorithm>
#include <optional>

#include "compare/aggregate.h"
#include "compare/groups.h"
#include "compare/log.h"
#include "core/error.h"
#include "core/paths.h"
#include "core/statistics.h"
#include "core/table.h"

namespace dreamer::compare {
namespace {

namespace fs = std::filesystem;

/// The file of a run that has its evaluations.
fs::path log_of(const fs::path& run) {
  if (!fs::is_directory(run)) return run;
  for (const char* name : {"curve.jsonl", "log.jsonl"})
    if (fs::exists(run / name)) return run / name;
  throw error("{}: neither curve.jsonl nor log.jsonl in it; give the folder of a run",
              run.string());
}

/// A run by its evaluations.
struct Run {
  Line returns;        // over frames
  double seconds = 0;  // until the last
  Json ci95;           // of the last, over its episodes
  std::string task;
};

Run read_run(const fs::path& path) {
  const Log log = read_log(path);
  Run run;
  for (const Json& line : log.lines) {
    const auto mean = line.find("mean"), frames = line.find("frames");
    if (mean == line.end() || frames == line.end() || !mean->is_number() || !frames->is_number())
      continue;
    const double x = *frames;
    if (!run.returns.x.empty() && x <= run.returns.x.back()) continue;  // said twice
    run.returns.x.push_back(x);
    run.returns.y.push_back(*mean);
    run.seconds = line.value("seconds", 0.0);
    run.ci95 = line.value("ci95", Json());
    run.task = line.value("task", "");
  }
  if (run.returns.x.empty())
    throw error("{}: no evaluations in it yet (lines with `mean` and `frames`)", path.string());
  return run;
}

/// The paper's return on a task after so many frames, between its evaluations.
std::optional<double> published(const std::string& task, double frames) {
  const Json all = read_share("published.json");
  const auto found = all.at("tasks").find(task);
  if (found == all.at("tasks").end()) return std::nullopt;
  const std::vector<double> x = all.at("frames"), y = (*found)["mean"];
  const auto above = std::ranges::lower_bound(x, frames);
  if (above == x.end()) return std::nullopt;
  const auto i = static_cast<std::size_t>(above - x.begin());
  if (i == 0 || x[i] == frames) return i == 0 && x[i] > frames ? std::nullopt : std::optional(y[i]);
  return y[i - 1] + (frames - x[i - 1]) / (x[i] - x[i - 1]) * (y[i] - y[i - 1]);
}

Json row_of(const std::string& name, const std::vector<Run>& runs) {
  std::vector<double> last, best, average, minutes;
  double frames = runs.front().returns.x.back();
  bool one_task = true;
  for (const Run& run : runs) {
    last.push_back(run.returns.y.back());
    best.push_back(std::ranges::max(run.returns.y));
    average.push_back(mean_height(run.returns));
    minutes.push_back(run.seconds / 60);
    frames = std::min(frames, run.returns.x.back());
    one_task = one_task && run.task == runs.front().task;
  }
  Json row = {{"group", name},
              {"runs", runs.size()},
              {"frames", frames},
              {"last", mean_of(last)},
              {"best", mean_of(best)},
              {"average", mean_of(average)},
              {"minutes", mean_of(minutes)}};
  if (runs.size() > 1) {
    const ConfidenceInterval interval = bootstrap_ci95(last, 0);
    row["ci95"] = {interval.low, interval.high};
  } else {
    row["ci95"] = runs.front().ci95;
  }
  if (one_task)
    if (const auto known = published(runs.front().task, frames)) row["published"] = *known;
  return row;
}

}  // namespace

std::vector<Json> run_table(const std::vector<fs::path>& runs,
                            const std::vector<std::string>& keys) {
  std::vector<fs::path> logs;
  for (const fs::path& run : runs) logs.push_back(log_of(run));
  std::vector<Json> table;
  for (const Group& group : group_by(logs, keys)) {
    std::vector<Run> members;
    for (const std::size_t i : group.members) members.push_back(read_run(logs[i]));
    table.push_back(row_of(group.name, members));
  }
  return table;
}

std::string run_table_text(const std::vector<Json>& table) {
  Table rows({{"runs", "/runs"},
              {"frames", "/frames"},
              {"last", "/last"},
              {"95 % from", "/ci95/0"},
              {"to", "/ci95/1"},
              {"best", "/best"},
              {"average", "/average"},
              {"published", "/published"},
              {"minutes", "/minutes"},
              {"group", "/group"}});
  std::string text;
  for (const Json& row : table) text += rows.row(row);
  return text;
}

}  // namespace dreamer::compare
