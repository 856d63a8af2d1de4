#include "core/signals.h"
#include "dream/open_loop_image.h"
#include "run/commands.h"
#include "run/compute.h"
#include "run/fit_loop.h"
#include "run/following.h"
#include "run/inputs.h"
#include "update/model_trainer.h"

namespace dreamer::run {

void fit_model(const FitModelJob& job) {
  const signals::StopRequests stops;
  const io::OutputLock lock = claim_output(job);
  const torch::Device device = set_up(job);
  const ModelConfig& config = job.config.model;
  FitSetup setup{.batch = job.config.fit_model.batch,
                 .length = job.config.fit_model.length,
                 .stream = "model"};
  data::Replay replay = open_replay(job, replay_options(config));
  if (job.follow && !wait_for_episodes(replay, job)) return;
  const Signature signature = replay.signature();
  check_fits_memory(
      job, model_memory(config, signature, setup.batch, setup.length, "fit_model", Learns::yes),
      replay, device);
  std::vector<io::Parent> init_parent;
  std::vector<std::string> learned;  // the episodes of what it continues from
  setup.episodes = [&] { return learned_from(replay, learned); };
  setup.parents = [&] {
    std::vector<io::Parent> parents = {data_parent(replay)};
    parents.insert(parents.end(), init_parent.begin(), init_parent.end());
    return parents;
  };

  const auto check_earlier = [&](const std::filesystem::path& path) {
    return check_init(path, config, signature, replay);
  };
  if (!job.init.empty()) {
    const CheckpointInfo init = check_earlier(job.init);
    setup.begin = init.counts;
    init_parent.push_back({init.provenance.id, "init"});
    learned = init.provenance.episodes;
  }
  if (has_published(job))
    learned = check_earlier(job.out).provenance.episodes;  // continues from it
  const auto model = new_model(job, replay, signature, job.init, device);
  ModelTrainer trainer(model, job.config, job.seed, device);
  setup.look = [&] { add_new_episodes(replay, job); };
  setup.images = [&](TensorBoard& board, std::int64_t update) {
    if (update % job.image_every == 0)
      log_open_loop(board, update, {model, {}, {}}, replay, job.seed, device);
  };
  run_fit(job, setup, trainer, replay);
}

}  // namespace dreamer::run
