#include "train/metrics.h"

namespace dreamer {

void MetricsLog::add(const Json& metrics) {
  const Json flat = metrics.flatten();
  for (const auto& [name, value] : flat.items())
    sums_[name] = sums_.value(name, 0.0) + value.get<double>();
  ++count_;
  until_ = Clock::now();
}

void MetricsLog::write(std::int64_t update, double waited, const Json& more) {
  const double elapsed = std::chrono::duration<double>(until_ - since_).count();
  Json means = sums_;
  for (auto& mean : means) mean = mean.get<double>() / static_cast<double>(count_);
  means["/updates_per_second"] = static_cast<double>(count_) / elapsed;
  means["/data_wait_share"] = waited / elapsed;
  Json line = {{"update", update}};
  line.update(means.unflatten());
  line.update(more);
  emit_(line);
  if (board_ != nullptr) {
    for (const auto& [name, value] : means.items())
      board_->scalar(prefix_.empty() ? name.substr(1) : prefix_ + name, update,
                     value.get<double>());
    board_->flush();
  }
  sums_ = Json::object();
  count_ = 0;
  since_ = until_;
}

}  // namespace dreamer
