#include "core/error.h"
#include "core/log.h"
#include "core/signals.h"
#include "env/suite.h"
#include "io/atomic_file.h"
#include "io/output_lock.h"
#include "run/commands.h"
#include "run/compute.h"
#include "run/guarded_update.h"
#include "run/inputs.h"
#include "run/run_settings.h"
#include "run/train_loop.h"

namespace dreamer::run {
namespace {

/// Gives a joint trainer the parameters of its checkpoints, which become `parents`, learned from
/// `episodes`.
void begin_from(const TrainJob& job, JointTrainer& trainer, const Signature& signature,
                const data::Replay& replay, std::vector<io::Parent>& parents,
                std::vector<std::string>& episodes) {
  const CheckpointInfo model = check_init(job.init_model, job.config.model, signature, replay);
  JointCounts begin{.model = model.counts.updates};
  trainer.model().read(io::FileReader(job.init_model, "dreamer.model"));
  parents.push_back({model.provenance.id, "init"});
  episodes = model.provenance.episodes;
  if (!job.init_policy.empty()) {
    const CheckpointInfo policy =
        check_init(job.init_policy, job.config.behavior, interface_of(model, job.init_model));
    begin.behavior = policy.counts.updates;
    trainer.behavior().read(io::FileReader(job.init_policy, "dreamer.policy"));
    parents.push_back({policy.provenance.id, "init"});
  }
  trainer.set_begin(begin);
}

/// Refuses episodes that those of the run could not join.
void check_data_is_of(const TrainJob& job, const Signature& data,
                      const std::filesystem::path& where) {
  const std::string task = env::task_name(job.task);
  if (data.task != task)
    throw error("{}: an episode of {}, the run is of {}; wrong --task or --data?", where.string(),
                data.task, task);
  if (data.frames_per_step != job.config.collect.action_repeat)
    throw error("{}: action repeat {}, the run has {}; give --set collect.action_repeat={}",
                where.string(), data.frames_per_step, job.config.collect.action_repeat,
                data.frames_per_step);
}

}  // namespace

void train(const TrainJob& job) {
  check_can_imagine(job.config.model, job.config.behavior);
  const signals::StopRequests stops;
  const TrainFiles files(job.out);
  std::error_code failed;
  std::filesystem::create_directories(files.episodes, failed);
  if (failed)
    throw error("{}: the folder cannot be made: {}", files.episodes.string(), failed.message());
  const io::OutputLock lock(files.work);
  const std::optional<TrainState> state = find_state(job);
  for (const auto& path : {files.model, files.policy})  // of a resumed run they are its own
    io::check_output(path, state ? io::Replace::yes : job.replace);
  for (const auto& path : {files.resume, nonfinite_path(files.work)})
    io::check_output(path, io::Replace::yes);
  env::prepare_rendering(job.task, env::render_quality(job.render), job.envs);
  const torch::Device device = set_up(job);

  std::vector<std::filesystem::path> episodes = job.data;
  std::vector<EpisodeResult> random;
  if (state) {
    for (const std::string& name : state->episodes) episodes.push_back(files.episodes / name);
  } else if (job.data.empty()) {
    write_run_settings(files.settings, job);
    random = collect_at_random(job);
    if (signals::requested() != 0) {
      log::info("stopped among the random episodes; the same command keeps those that are whole");
      return;
    }
    for (const EpisodeResult& episode : random) episodes.push_back(episode.path);
  }
  data::ReplayOptions options = replay_options(job.config.model);
  options.memory_bytes = job.replay_memory;
  data::Replay replay(episodes, options);
  const Signature signature = replay.signature();
  check_data_is_of(job, signature, replay.path(0));
  const auto differs = [](const std::string& theirs, std::uint64_t ours) {
    return !theirs.empty() && theirs != fmt::format("{:016x}", ours);
  };
  if (state && (differs(state->digest, replay.digest()) ||
                differs(state->frames_digest, replay.frames_digest())))
    throw error(
        "{}: was left by a run on other episodes than those of --data and {} now; give those, or "
        "another --out, or remove it",
        files.resume.string(), files.episodes.string());

  const FitModelConfig& windows = job.config.fit_model;
  std::vector<MemoryNeed> needs = model_memory(job.config.model, signature, windows.batch,
                                               windows.length, "fit_model", Learns::yes);
  needs.push_back(
      behavior_memory(job.config.model, job.config.behavior, windows.batch * windows.length));
  check_fits_memory(job, needs, replay, device);
  // Before models of their sizes take memory.
  for (const auto& [path, format] :
       {std::pair{job.init_model, "dreamer.model"}, std::pair{job.init_policy, "dreamer.policy"}})
    if (!path.empty()) static_cast<void>(load_info(path, format));
  const auto model = new_model(job, replay, signature, job.init_model, device);
  const auto behavior = new_behavior(job, *model, device);
  JointTrainer trainer(model, behavior, job.config, job.seed, device);
  std::vector<io::Parent> parents;
  std::vector<std::string> learned;
  if (!job.init_model.empty()) begin_from(job, trainer, signature, replay, parents, learned);
  if (state) trainer.read(io::FileReader(files.resume));
  state ? record_run_settings(files.settings, job) : write_run_settings(files.settings, job);
  run_train(job, {trainer, behavior, replay, parents, learned, device}, random, state);
}

}  // namespace dreamer::run
