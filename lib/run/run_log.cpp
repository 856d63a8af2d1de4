#include "run/run_log.h"

#include <fmt/format.h>

#include "core/output.h"
#include "update/metrics.h"

namespace dreamer {

namespace fs = std::filesystem;

// Lines of three kinds; for people the episodes and evaluations stand between the rows of metrics.
void RunLog::show(const Json& line) {
  if (!shown_to_people())
    emit(line);
  else if (line.contains("episode"))
    emit_text(fmt::format("  episode {}: return {}, {} rows\n",
                          fs::path(line["episode"].get<std::string>()).filename().string(),
                          brief(line["return"]), brief(line["length"])));
  else if (line.contains("mean"))
    emit_text(fmt::format("  evaluation: mean return {} [{}, {}] of {} episodes\n",
                          brief(line["mean"]), brief(line["ci95"][0]), brief(line["ci95"][1]),
                          brief(line["episodes"])));
  else
    show_metrics(line);
}

RunLog::RunLog(const fs::path& path, std::int64_t keep) : file_(path, keep) {}

void RunLog::line(const Json& line) {
  append(line);
  show(line);
}

void RunLog::append(const Json& line) {
  file_.write(line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace dreamer
