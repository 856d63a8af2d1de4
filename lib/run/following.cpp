#include "run/following.h"

#include <optional>

#include "agent/tensors.h"
#include "core/error.h"
#include "core/log.h"
#include "core/signals.h"
#include "data/episode_list.h"

namespace dreamer {
namespace {

constexpr double kSecondsBetweenLooksForData = 0.5;

// The settings of a model, as they decide what its parameters mean.
Json settings_of(const ModelCheckpoint& checkpoint) {
  Config config;
  config.model = checkpoint.model->config();
  return to_json(config, {"model"});
}

}  // namespace

bool wait_for_episodes(data::Replay& replay, const FitJob& job) {
  bool said = false;
  for (;;) {
    add_new_episodes(replay, job);
    if (replay.episodes() >= job.min_episodes) return true;
    if (!said)
      log::info("waiting for {} episode{} in {}", job.min_episodes,
                job.min_episodes == 1 ? "" : "s", job.data.front().string());
    said = true;
    if (!signals::pause(kSecondsBetweenLooksForData)) return false;
  }
}

void add_new_episodes(data::Replay& replay, const FitJob& job) {
  const std::int64_t added = replay.add_episodes(data::episodes_now(job.data));
  if (added > 0) log::verbose("{} more episodes, {} in all", added, replay.episodes());
}

void take_newer_model(io::FollowedFile& file, ModelCheckpoint& model, torch::Device device) {
  if (!file.is_new()) return;
  std::optional<ModelCheckpoint> newer;
  try {
    newer = load_model(file.path(), device);
  } catch (const Error& e) {
    log::warning("{}; continuing in the model before it", e.what());
    return;
  }
  if (newer->model->signature() != model.model->signature() ||
      settings_of(*newer) != settings_of(model))
    throw error(
        "{}: the model there now has other settings than the one before; run again to "
        "begin with it",
        file.path().string());
  copy_module(*newer->model, *model.model);
  model.counts = newer->counts;
  model.provenance = newer->provenance;
  log::verbose("continuing in model {}", model.provenance.id);
}

bool has_published(const FitJob& job) { return job.follow && std::filesystem::exists(job.out); }

}  // namespace dreamer
