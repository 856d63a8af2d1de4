#include "train/metrics.h"

#include "core/output.h"

namespace dreamer {

void MetricsLog::add(const Json& metrics) {
  for (const auto& [name, value] : metrics.items())
    sums_[name] = sums_.value(name, 0.0) + value.get<double>();
  ++count_;
}

void MetricsLog::write(std::int64_t update, double waited) {
  const auto now = Clock::now();
  const double elapsed = std::chrono::duration<double>(now - since_).count();
  Json line = {{"update", update}};
  for (const auto& [name, sum] : sums_.items())
    line[name] = sum.get<double>() / static_cast<double>(count_);
  line["updates_per_second"] = static_cast<double>(count_) / elapsed;
  line["data_wait_share"] = waited / elapsed;
  emit(line);
  if (board_ != nullptr) {
    for (const auto& [name, value] : line.items())
      if (name != "update") board_->scalar(prefix_ + "/" + name, update, value.get<double>());
    board_->flush();
  }
  sums_ = Json::object();
  count_ = 0;
  since_ = now;
}

}  // namespace dreamer
