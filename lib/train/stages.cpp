#include "stages/stages.h"

#include <algorithm>

#include <torch/version.h>

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/signals.h"
#include "data/dream.h"
#include "env/environment.h"
#include "env/gl_context.h"
#include "io/atomic_file.h"
#include "stages/memory_need.h"
#include "train/agent_policy.h"
#include "train/behavior_trainer.h"
#include "train/compute.h"
#include "train/dream_file.h"
#include "train/fit_loop.h"
#include "train/following.h"
#include "train/guarded_update.h"
#include "train/model_evaluation.h"
#include "train/model_trainer.h"
#include "train/open_loop_picture.h"
#include "train/run_settings.h"
#include "train/train_loop.h"

namespace dreamer {
namespace {

data::Replay open_replay(const std::vector<std::filesystem::path>& paths, const ModelConfig& model,
                         std::int64_t memory_bytes = std::int64_t{1} << 30,
                         data::Unusable unusable = data::Unusable::refuse) {
  return data::Replay(paths, {memory_bytes,
                              model.reward_transform == "tanh" ? data::RewardTransform::tanh
                                                               : data::RewardTransform::none,
                              unusable});
}

// The data of a fit; with --follow none yet.
data::Replay open_replay(const FitJob& job, const ModelConfig& model) {
  if (job.follow) return open_replay({}, model, job.replay_memory, data::Unusable::skip);
  return open_replay(job.data, model, job.replay_memory);
}

Domain domain_of(const data::Replay& replay) {
  if (replay.discrete())
    throw error("{}: actions are discrete; the actor of this version is continuous",
                replay.path(0).string());
  return {replay.task(), replay.action_size(), replay.action_repeat(), replay.image_shape()};
}

/// Refuses what cannot fit into the machine's memory; a GPU has its own.
void check_fits_memory(const LearnJob& job, std::vector<MemoryNeed> needs,
                       const data::Replay& replay, torch::Device device) {
  if (!device.is_cpu()) return;
  needs.push_back({std::min(job.replay_memory, replay.total_rows() * replay.image_shape().pixels()),
                   "--replay-memory"});
  check_memory(needs, available_memory());
}

io::Parent data_parent(const data::Replay& replay) {
  return {fmt::format("{:016x}", replay.digest()), "data"};
}

// What a checkpoint acts on: how many features of a state, and by how many actions.
struct Acts {
  std::int64_t features, actions;
  std::filesystem::path path;
};

Acts acts_of(const ModelCheckpoint& checkpoint, const std::filesystem::path& path) {
  return {checkpoint.model->config().feature(), checkpoint.domain.action_size, path};
}

Acts acts_of(const CheckpointInfo& checkpoint, const std::filesystem::path& path) {
  return {checkpoint.config.model.feature(), checkpoint.domain.action_size, path};
}

void check_acts_in(const Acts& policy, const Acts& model) {
  if (policy.features != model.features || policy.actions != model.actions)
    throw error(
        "{}: acts on {} features with {} actions, {} has {} and {}; a policy acts in the "
        "model that it was learned in, or in one fitted on from that",
        policy.path.string(), policy.features, policy.actions, model.path.string(), model.features,
        model.actions);
}

void warn_unless_descends(const PolicyCheckpoint& policy, const std::filesystem::path& policy_path,
                          const ModelCheckpoint& model, const std::filesystem::path& model_path) {
  const auto& parents = policy.model.provenance.parents;
  if (std::ranges::none_of(parents, [&](const io::Parent& parent) {
        return parent.role == "model" && parent.id == model.provenance.id;
      }))
    log::warning("{} was not learned in {}", policy_path.string(), model_path.string());
}

std::shared_ptr<WorldModel> new_model(const LearnJob& job, const data::Replay& replay,
                                      const Domain& domain, const std::filesystem::path& init,
                                      torch::Device device) {
  const ModelConfig& config = job.config.model;
  seed_parameters(job.seed, "model");
  const auto model = with_context(replay.path(0).string(), [&] {
    return std::make_shared<WorldModel>(config, domain.image, domain.action_size);
  });
  if (init.empty() && config.image_center)
    model->set_mean_image(
        torch::tensor(replay.mean_image()).view({domain.image.height, domain.image.width, -1}));
  model->to(device);
  return model;
}

std::shared_ptr<Behavior> new_behavior(const LearnJob& job, const WorldModel& model,
                                       torch::Device device) {
  seed_parameters(job.seed, "behavior");
  auto behavior = std::make_shared<Behavior>(job.config.behavior, model.config().feature(),
                                             model.action_size());
  behavior->to(device);
  return behavior;
}

// Checkpoints to go on from, checked against what goes on. Their parameters are for the trainers.
CheckpointInfo check_init(const std::filesystem::path& path, const ModelConfig& config,
                          const Domain& domain, const data::Replay& replay) {
  CheckpointInfo init = load_info(path, "dreamer.model");
  check_domain(init.domain, domain, replay.path(0));
  check_same_sizes(init.config.model, config, path);
  return init;
}

CheckpointInfo check_init(const std::filesystem::path& path, const BehaviorConfig& config,
                          const Acts& model) {
  CheckpointInfo init = load_info(path, "dreamer.policy");
  check_acts_in(acts_of(init, path), model);
  check_same_sizes(init.config.behavior, config, path);
  return init;
}

/// Gives a joint trainer the numbers of its checkpoints, which become `parents`, learned from
/// `episodes`.
void begin_from(const TrainJob& job, JointTrainer& trainer, const Domain& domain,
                const data::Replay& replay, std::vector<io::Parent>& parents,
                std::vector<std::string>& episodes) {
  const CheckpointInfo model = check_init(job.init_model, job.config.model, domain, replay);
  JointCounts begin{.model = model.counts.updates};
  trainer.model().read(io::FileReader(job.init_model, "dreamer.model"));
  parents.push_back({model.provenance.id, "init"});
  episodes = model.provenance.episodes;
  if (!job.init_policy.empty()) {
    const CheckpointInfo policy =
        check_init(job.init_policy, job.config.behavior, acts_of(model, job.init_model));
    begin.behavior = policy.counts.updates;
    trainer.behavior().read(io::FileReader(job.init_policy, "dreamer.policy"));
    parents.push_back({policy.provenance.id, "init"});
  }
  trainer.set_begin(begin);
}

/// Refuses episodes that those of the run could not join.
void check_data_is_of(const TrainJob& job, const Domain& data, const std::filesystem::path& where) {
  const env::Environment environment(job.task, 0, {.render = env::RenderQuality::none});
  const std::string& task = environment.info().name;
  if (data.task != task)
    throw error("{}: an episode of {}, the run is of {}; wrong --task or --data?", where.string(),
                data.task, task);
  if (data.action_repeat != job.config.collect.action_repeat)
    throw error("{}: action repeat {}, the run has {}; give --set collect.action_repeat={}",
                where.string(), data.action_repeat, job.config.collect.action_repeat,
                data.action_repeat);
}

class LearnStages final : public Stages {
 public:
  void fit_model(const FitModelJob& job) const override {
    const signals::StopRequests stops;
    const io::OutputLock lock = claim_output(job);
    const torch::Device device = set_up(job);
    const ModelConfig& config = job.config.model;
    FitSetup setup{.batch = job.config.fit_model.batch,
                   .length = job.config.fit_model.length,
                   .stream = "model"};
    data::Replay replay = open_replay(job, config);
    if (job.follow && !wait_for_episodes(replay, job)) return;
    const Domain domain = domain_of(replay);
    check_fits_memory(
        job,
        model_memory(config, domain.image, setup.batch, setup.length, "fit_model", Learns::yes),
        replay, device);
    std::vector<io::Parent> init_parent;
    std::vector<std::string> learned;  // the episodes of what it goes on from
    setup.episodes = [&] { return learned_from(replay, learned); };
    setup.parents = [&] {
      std::vector<io::Parent> parents = {data_parent(replay)};
      parents.insert(parents.end(), init_parent.begin(), init_parent.end());
      return parents;
    };

    const auto check_earlier = [&](const std::filesystem::path& path) {
      return check_init(path, config, domain, replay);
    };
    if (!job.init.empty()) {
      const CheckpointInfo init = check_earlier(job.init);
      setup.begin = init.counts;
      init_parent.push_back({init.provenance.id, "init"});
      learned = init.provenance.episodes;
    }
    if (has_published(job))
      learned = check_earlier(job.out).provenance.episodes;  // goes on from it
    const auto model = new_model(job, replay, domain, job.init, device);
    ModelTrainer trainer(model, domain, job.config, job.seed, device);
    setup.look = [&] { add_new_episodes(replay, job); };
    setup.pictures = [&](TensorBoard& board, std::int64_t update) {
      if (update % job.picture_every == 0)
        log_open_loop(board, update, {model, domain, {}, {}}, replay, job.seed, device);
    };
    run_fit(job, setup, trainer, replay);
  }

  void fit_behavior(const FitBehaviorJob& job) const override {
    const signals::StopRequests stops;
    const io::OutputLock lock = claim_output(job);
    const torch::Device device = set_up(job);
    io::FollowedFile model_file(job.model);
    if (job.follow && !model_file.wait()) return;
    ModelCheckpoint model = load_model(job.model, device);
    FitSetup setup{.batch = job.config.behavior.batch,
                   .length = job.config.behavior.length,
                   .stream = "behavior"};
    std::vector<io::Parent> init_parent;
    const auto check_earlier = [&](const std::filesystem::path& path) {
      return check_init(path, job.config.behavior, acts_of(model, job.model));
    };
    if (!job.init.empty()) {
      const CheckpointInfo init = check_earlier(job.init);
      setup.begin = init.counts;
      init_parent.push_back({init.provenance.id, "init"});
    }
    if (has_published(job)) static_cast<void>(check_earlier(job.out));  // the loop goes on from it
    data::Replay replay = open_replay(job, model.model->config());
    if (job.follow && !wait_for_episodes(replay, job)) return;
    check_domain(model.domain, domain_of(replay), replay.path(0));
    const ModelConfig& imagines = model.model->config();
    std::vector<MemoryNeed> needs = model_memory(imagines, model.domain.image, setup.batch,
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
    BehaviorTrainer trainer(model.model, behavior, model.domain, job.seed, device);
    run_fit(job, setup, trainer, replay);
  }

  void train(const TrainJob& job) const override {
    const signals::StopRequests stops;
    const TrainFiles files(job.out);
    std::error_code failed;
    std::filesystem::create_directories(files.episodes, failed);
    if (failed)
      throw error("{}: the folder cannot be made: {}", files.episodes.string(), failed.message());
    const io::OutputLock lock(files.work);
    const std::optional<TrainState> state = find_state(job);
    for (const auto& path : {files.model, files.policy})  // of a run that goes on they are its own
      io::check_output(path, state ? io::Replace::yes : job.replace);
    for (const auto& path : {files.resume, nonfinite_path(files.work)})
      io::check_output(path, io::Replace::yes);
    env::load_opengl(job.envs);
    const torch::Device device = set_up(job);

    std::vector<std::filesystem::path> episodes = job.data;
    std::vector<EpisodeResult> random;
    if (state) {
      for (const std::string& name : state->episodes) episodes.push_back(files.episodes / name);
    } else if (job.data.empty()) {
      random = collect_at_random(job);
      if (signals::requested() != 0) {
        log::info("stopped among the random episodes; the same command keeps those that are whole");
        return;
      }
      for (const EpisodeResult& episode : random) episodes.push_back(episode.path);
    }
    data::Replay replay = open_replay(episodes, job.config.model, job.replay_memory);
    const Domain domain = domain_of(replay);
    check_data_is_of(job, domain, replay.path(0));
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
    std::vector<MemoryNeed> needs = model_memory(job.config.model, domain.image, windows.batch,
                                                 windows.length, "fit_model", Learns::yes);
    needs.push_back(
        behavior_memory(job.config.model, job.config.behavior, windows.batch * windows.length));
    check_fits_memory(job, needs, replay, device);
    // Before models of their sizes take memory.
    for (const auto& [path, format] :
         {std::pair{job.init_model, "dreamer.model"}, std::pair{job.init_policy, "dreamer.policy"}})
      if (!path.empty()) static_cast<void>(load_info(path, format));
    const auto model = new_model(job, replay, domain, job.init_model, device);
    const auto behavior = new_behavior(job, *model, device);
    JointTrainer trainer(model, behavior, domain, job.config, job.seed, device);
    std::vector<io::Parent> parents;
    std::vector<std::string> learned;
    if (!job.init_model.empty()) begin_from(job, trainer, domain, replay, parents, learned);
    if (state) trainer.read(io::FileReader(files.resume));
    write_run_settings(files.settings, job);
    run_train(job, {trainer, behavior, domain, replay, parents, learned, device}, random, state);
  }

  Json imagine(const ImagineJob& job) const override {
    io::check_output(job.out, job.replace);
    const torch::Device device = set_up(job);
    const ModelCheckpoint model = load_model(job.model, device);
    std::optional<PolicyCheckpoint> policy;
    std::vector<io::Parent> parents = {{model.provenance.id, "model"}};
    if (!job.policy.empty()) {
      policy = load_policy(job.policy, device);
      parents.push_back({policy->model.provenance.id, "policy"});
      check_acts_in(acts_of(policy->model, job.policy), acts_of(model, job.model));
      warn_unless_descends(*policy, job.policy, model, job.model);
    }
    const data::Replay replay = open_replay(job.data, model.model->config());
    check_domain(model.domain, domain_of(replay), replay.path(0));
    parents.push_back(data_parent(replay));
    const data::Dream dream = make_dream(model, policy ? &*policy : nullptr, replay, job, device);
    Config config;
    config.model = model.model->config();
    data::write_dream(job.out, dream,
                      io::new_provenance(to_json(config, {"model"}), job.seed, std::move(parents)),
                      job.replace);
    Json line = {{"dream", job.out.string()}};
    line.update(as_printed(summarize(dream)));
    return line;
  }

  Json evaluate_model(const EvaluateModelJob& job) const override {
    const torch::Device device = set_up(job);
    const ModelCheckpoint model = load_model(job.model, device);
    const data::Replay replay = open_replay(job.data, model.model->config());
    check_domain(model.domain, domain_of(replay), replay.path(0));
    warn_of_learned(replay, model.provenance, job.model);
    Json summary = {{"model", job.model.string()}, {"task", model.domain.task}};
    summary.update(as_printed(evaluate_open_loop(*model.model, replay, job, device)));
    return summary;
  }

  Acting policy(const PolicyJob& job) const override {
    // Environments act side by side, each on its own thread: one thread of arithmetic each.
    PolicyJob acting = job;
    acting.threads = 1;
    const torch::Device device = set_up(acting);
    const auto agent = std::make_shared<const PolicyCheckpoint>(load_policy(job.policy, device));
    return {
        [agent, acting, device] { return std::make_unique<AgentPolicy>(agent, acting, device); },
        agent->model.provenance.id};
  }

  std::string libtorch_version() const override { return TORCH_VERSION; }
};

}  // namespace
}  // namespace dreamer

extern "C" __attribute__((visibility("default"))) const dreamer::Stages* dreamer_stages() {
  static const dreamer::LearnStages stages;
  return &stages;
}
