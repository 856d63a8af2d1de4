#include "compare/run_table.h"

#include <algorithm>

#include "compare/aggregate.h"
#include "compare/groups.h"
#include "compare/log.h"
#include "compare/published.h"
#include "core/error.h"
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
    const Json seconds = line.value("seconds", Json()), task = line.value("task", Json());
    run.seconds = seconds.is_number() ? seconds.get<double>() : 0;
    run.ci95 = line.value("ci95", Json());
    run.task = task.is_string() ? task.get<std::string>() : "";
  }
  if (run.returns.x.empty())
    throw error("{}: no evaluations in it yet (lines with `mean` and `frames`)", path.string());
  return run;
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
    if (const auto known = published_return(runs.front().task, frames)) row["published"] = *known;
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
