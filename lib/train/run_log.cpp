#include "train/run_log.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/output.h"
#include "train/metrics.h"

namespace dreamer {

namespace fs = std::filesystem;

namespace {

// Lines of three kinds; for people the episodes and evaluations stand between the rows of metrics.
void show(const Json& line) {
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

}  // namespace

RunLog::RunLog(const fs::path& path, std::int64_t keep) : path_(path) {
  std::error_code failed;
  if (fs::exists(path)) {
    bytes_ = std::min(keep, static_cast<std::int64_t>(fs::file_size(path, failed)));
    if (!failed) fs::resize_file(path, static_cast<std::uintmax_t>(bytes_), failed);
  }
  file_.open(path, std::ios::app | std::ios::binary);
  if (failed || !file_)
    throw error("{}: cannot be written: {}", path.string(),
                failed ? failed.message() : std::strerror(errno));
}

void RunLog::line(const Json& line) {
  const std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  file_ << text << std::flush;
  if (!file_) throw error("{}: cannot be written: {}", path_.string(), std::strerror(errno));
  bytes_ += static_cast<std::int64_t>(text.size());
  show(line);
}

}  // namespace dreamer
