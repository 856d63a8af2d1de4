#include "core/signals.h"
#include "run/commands.h"
#include "run/compute.h"
#include "run/fit_loop.h"
#include "run/following.h"
#include "run/inputs.h"
#include "update/behavior_trainer.h"

namespace dreamer::run {

void fit_behavior(const FitBehaviorJob& job) {
  const signals::StopRequests stops;
  const io::OutputLock lock = claim_output(job);
  const torch::Device device = set_up(job);
  io::FollowedFile model_file(job.model);
  if (job.follow && !model_file.wait()) return;
  ModelCheckpoint model = load_model(job.model, device);
  with_context(job.model.string(),
               [&] { check_can_imagine(model.model->config(), job.config.behavior); });
  FitSetup setup{.batch = job.config.behavior.batch,
                 .length = job.config.behavior.length,
                 .stream = "behavior"};
  std::vector<io::Parent> init_parent;
  const auto check_earlier = [&](const std::filesystem::path& path) {
    return check_init(path, job.config.behavior, interface_of(model, job.model));
  };
  if (!job.init.empty()) {
    const CheckpointInfo init = check_earlier(job.init);
    setup.begin = init.counts;
    init_parent.push_back({init.provenance.id, "init"});
  }
  if (has_published(job)) static_cast<void>(check_earlier(job.out));  // the loop continues from it
  data::Replay replay = open_replay(job, replay_options(*model.model));
  if (job.follow && !wait_for_episodes(replay, job)) return;
  check_signature(model.model->signature(), replay.signature(), replay.path(0));
  const ModelConfig& imagines = model.model->config();
  std::vector<MemoryNeed> needs = model_memory(imagines, model.model->signature(), setup.batch,
                                               setup.length, "behavior", Learns::no);
  needs.push_back(behavior_memory(imagines, job.config.behavior, setup.batch * setup.length));
  check_fits_memory(job, needs, replay, device);
  setup.parents = [&] {
    std::vector<io::Parent> parents = {{model.provenance.id, "model"}};
    parents.insert(parents.end(), init_parent.begin(), init_parent.end());
    parents.push_back(data_parent(replay));
    return parents;
  };
  setup.episodes = [&] { return model.provenance.episodes; };
  setup.look = [&] {
    add_new_episodes(replay, job);
    take_newer_model(model_file, model, device);
  };
  const auto behavior = new_behavior(job, *model.model, device);
  BehaviorTrainer trainer(model.model, behavior, job.seed, device);
  run_fit(job, setup, trainer, replay);
}

}  // namespace dreamer::run
