#include "update/metrics.h"

#include "core/number.h"

namespace dreamer {
namespace {

// What a person follows of a fit; all of it is in the JSON lines.
Table model_table() {
  return Table({{"update", "/update"},
                {"loss", "/loss"},
                {"image", "/image_loss"},
                {"reward", "/reward_loss"},
                {"kl", "/kl"},
                {"free", "/free_nats_fraction"},
                {"gradient", "/gradient_norm"},
                {"updates/s", "/updates_per_second"}});
}

Table behavior_table() {
  return Table({{"update", "/update"},
                {"actor", "/actor_loss"},
                {"value", "/value_loss"},
                {"return", "/return"},
                {"reward", "/imagined_reward"},
                {"entropy", "/entropy"},
                {"at bounds", "/action_saturation"},
                {"updates/s", "/updates_per_second"}});
}

Table run_table() {
  return Table({{"round", "/round"},
                {"frames", "/frames"},
                {"update", "/update"},
                {"image", "/model/image_loss"},
                {"kl", "/model/kl"},
                {"actor", "/behavior/actor_loss"},
                {"imagined", "/behavior/return"},
                {"updates/s", "/updates_per_second"}});
}

}  // namespace

void show_metrics(const Json& line) {
  static Table model = model_table(), behavior = behavior_table(), run = run_table();
  emit(line, line.contains("model") ? run : line.contains("actor_loss") ? behavior : model);
}

void MetricsLog::add(const Json& metrics) {
  const Json flat = metrics.flatten();
  for (const auto& [name, value] : flat.items())
    sums_[name] = sums_.value(name, 0.0) + value.get<double>();
  ++count_;
  until_ = Clock::now();
}

Json MetricsLog::write(std::int64_t update, double waited, const Json& more) {
  const double elapsed = std::chrono::duration<double>(until_ - since_).count();
  Json means = sums_;
  for (auto& mean : means) mean = mean.get<double>() / static_cast<double>(count_);
  means["/updates_per_second"] = static_cast<double>(count_) / elapsed;
  means["/data_wait_fraction"] = waited / elapsed;
  means = as_printed(std::move(means));  // no more exact than an update is
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
  return line;
}

}  // namespace dreamer
