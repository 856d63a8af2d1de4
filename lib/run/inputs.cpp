#include "run/inputs.h"

#include <algorithm>

#include "core/error.h"
#include "core/memory.h"
#include "run/compute.h"

namespace dreamer {

data::Replay open_replay(const std::vector<std::filesystem::path>& paths, const ModelConfig& model,
                         std::int64_t memory_bytes, data::Unusable unusable) {
  return data::Replay(paths, {memory_bytes,
                              model.reward_transform == "tanh" ? data::RewardTransform::tanh
                                                               : data::RewardTransform::none,
                              unusable});
}

data::Replay open_replay(const FitJob& job, const ModelConfig& model) {
  if (job.follow) return open_replay({}, model, job.replay_memory, data::Unusable::skip);
  return open_replay(job.data, model, job.replay_memory);
}

Signature model_signature(const data::Replay& replay) {
  Signature signature = replay.signature();
  if (signature.action.kind == SpaceKind::discrete)
    throw error("{}: actions are discrete; the actor of this version is continuous",
                replay.path(0).string());
  std::erase_if(signature.observations, [](const Space& space) { return space.name != "image"; });
  return signature;
}

void check_fits_memory(const LearnJob& job, std::vector<MemoryNeed> needs,
                       const data::Replay& replay, torch::Device device) {
  if (!device.is_cpu()) return;
  needs.push_back(
      {std::min(job.replay_memory, replay.total_rows() * image_shape(replay.signature()).size()),
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

std::shared_ptr<WorldModel> new_model(const LearnJob& job, const data::Replay& replay,
                                      const Signature& signature, const std::filesystem::path& init,
                                      torch::Device device) {
  const ModelConfig& config = job.config.model;
  seed_parameters(job.seed, "model");
  const auto model = with_context(replay.path(0).string(),
                                  [&] { return std::make_shared<WorldModel>(config, signature); });
  const ImageShape image = image_shape(signature);
  if (init.empty() && config.image_center)
    model->modalities().at("image")->set_mean(
        torch::tensor(replay.mean_image()).view({image.height, image.width, -1}));
  model->to(device);
  return model;
}

std::shared_ptr<ActorCritic> new_behavior(const LearnJob& job, const WorldModel& model,
                                          torch::Device device) {
  seed_parameters(job.seed, "behavior");
  auto behavior = std::make_shared<ActorCritic>(job.config.behavior, model.config().feature(),
                                                model.signature().action.size());
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
