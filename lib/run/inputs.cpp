#include "run/inputs.h"

#include <algorithm>

#include "core/error.h"
#include "core/memory.h"
#include "core/split.h"
#include "run/compute.h"

namespace dreamer {

namespace {

data::RewardTransform reward_transform(const ModelConfig& model) {
  return model.reward_transform == "tanh" ? data::RewardTransform::tanh
                                          : data::RewardTransform::none;
}

/// Bytes of the images of a row.
std::int64_t bytes_of_images(const Signature& signature) {
  std::int64_t bytes = 0;
  for (const Space& space : signature.observations)
    if (space.kind == SpaceKind::image) bytes += space.size();
  return bytes;
}

void set_statistics(Modality& modality, const Space& space, const data::Replay& replay) {
  if (space.kind == SpaceKind::image) {
    modality.set_statistics(torch::tensor(replay.mean_image(space.name)).view(space.shape), {});
    return;
  }
  const auto moments = replay.moments(space.name);
  modality.set_statistics(torch::tensor(moments.mean).view(space.shape),
                          torch::tensor(moments.stddev).view(space.shape));
}

}  // namespace

data::ReplayOptions replay_options(const ModelConfig& model) {
  data::ReplayOptions options{.reward = reward_transform(model),
                              .needs_rewards = model.reward_head};
  options.observations = split(model.observations, ',');
  std::erase(options.observations, "");
  return options;
}

data::ReplayOptions replay_options(const WorldModel& model) {
  data::ReplayOptions options{.reward = reward_transform(model.config())};
  for (const Space& space : model.signature().observations)
    options.observations.push_back(space.name);
  return options;
}

data::Replay open_replay(const FitJob& job, data::ReplayOptions options) {
  options.memory_bytes = job.replay_memory;
  options.unusable = job.follow ? data::Unusable::skip : data::Unusable::refuse;
  return data::Replay(job.follow ? std::vector<std::filesystem::path>() : job.data, options);
}

void check_fits_memory(const LearnJob& job, std::vector<MemoryNeed> needs,
                       const data::Replay& replay, torch::Device device) {
  if (!device.is_cpu()) return;
  needs.push_back(
      {std::min(job.replay_memory, replay.total_rows() * bytes_of_images(replay.signature())),
       "--replay-memory"});
  check_memory(needs, available_memory());
}

io::Parent data_parent(const data::Replay& replay) {
  return {fmt::format("{:016x}", replay.digest()), "data"};
}

ActorInterface interface_of(const ModelCheckpoint& checkpoint, const std::filesystem::path& path) {
  const WorldModel& model = *checkpoint.model;
  return {model.config().feature(), model.signature().action.size(), path};
}

ActorInterface interface_of(const CheckpointInfo& checkpoint, const std::filesystem::path& path) {
  return {checkpoint.config.model.feature(), checkpoint.signature.action.size(), path};
}

void check_interface(const ActorInterface& policy, const ActorInterface& model) {
  if (policy.features != model.features || policy.actions != model.actions)
    throw error(
        "{}: acts on {} features with {} actions, {} has {} and {}; a policy acts in the "
        "model that it was learned in, or in one fitted on from that",
        policy.path.string(), policy.features, policy.actions, model.path.string(), model.features,
        model.actions);
}

void check_can_imagine(const ModelConfig& model, const BehaviorConfig& behavior) {
  if (!model.reward_head)
    throw usage_error(
        "model.reward_head=false: a behavior is learned from imagined rewards, so it needs a model "
        "fitted with a reward head");
  if (behavior.disagreement_scale > 0 && model.ensemble < 2)
    throw usage_error(
        "behavior.disagreement_scale={} needs predictors that can disagree, and model.ensemble is "
        "{}; fit the model with --set model.ensemble=5",
        behavior.disagreement_scale, model.ensemble);
}

std::shared_ptr<WorldModel> new_model(const LearnJob& job, const data::Replay& replay,
                                      const Signature& signature, const std::filesystem::path& init,
                                      torch::Device device) {
  const ModelConfig& config = job.config.model;
  seed_parameters(job.seed, "model");
  const auto model = with_context(replay.path(0).string(),
                                  [&] { return std::make_shared<WorldModel>(config, signature); });
  if (init.empty())
    for (const auto& [name, modality] : model->modalities())
      if (modality->needs_statistics())
        set_statistics(*modality, *signature.observation(name), replay);
  model->to(device);
  return model;
}

std::shared_ptr<ActorCritic> new_behavior(const LearnJob& job, const WorldModel& model,
                                          torch::Device device) {
  seed_parameters(job.seed, "behavior");
  auto behavior = std::make_shared<ActorCritic>(job.config.behavior, model.config().feature(),
                                                model.signature().action);
  behavior->to(device);
  return behavior;
}

CheckpointInfo check_init(const std::filesystem::path& path, const ModelConfig& config,
                          const Signature& signature, const data::Replay& replay) {
  CheckpointInfo init = load_info(path, "dreamer.model");
  check_signature(init.signature, signature, replay.path(0));
  check_same_sizes(init.config.model, config, path);
  return init;
}

CheckpointInfo check_init(const std::filesystem::path& path, const BehaviorConfig& config,
                          const ActorInterface& model) {
  CheckpointInfo init = load_info(path, "dreamer.policy");
  check_interface(interface_of(init, path), model);
  check_same_sizes(init.config.behavior, config, path);
  return init;
}

}  // namespace dreamer
