#include "agent/checkpoint.h"

#include <algorithm>
#include <iterator>

#include "agent/claimed_sizes.h"
#include "agent/tensors.h"
#include "config/stored_config.h"
#include "core/error.h"
#include "core/log.h"
#include "io/checkpoint_header.h"

namespace dreamer {
namespace {

// The settings a file was made with; what it does not say (written by an older minor version) keeps
// its default.
Config read_config(const io::FileReader& file) {
  const Json settings = io::read_settings(file);
  if (!settings.is_object())
    throw error("{} holds no settings", file.attribute_place("/provenance", "config"));
  Config config;
  merge_stored(config, settings, fmt::format("{}: its settings", file.path().string()));
  return config;
}

CheckpointInfo read_info(const io::FileReader& file) {
  io::Provenance provenance = io::read_provenance(file);
  Config config = read_config(file);
  Signature signature = io::read_model_signature(file);
  check_claimed_sizes(file, config, signature);
  return {std::move(signature), read_counts(file), std::move(provenance), std::move(config)};
}

ModelCheckpoint read_model(const io::FileReader& file, torch::Device device) {
  const CheckpointInfo info = read_info(file);
  auto model = with_context(file.path().string(), [&] {
    return std::make_shared<WorldModel>(info.config.model, info.signature);
  });
  ModelCheckpoint checkpoint{std::move(model), info.counts, info.provenance};
  read_module(file, "/model", *checkpoint.model);
  checkpoint.model->to(device);
  return checkpoint;
}

void check_same(const Json& theirs, const Json& ours, const std::vector<std::string>& keys,
                const std::string& section, const std::filesystem::path& file) {
  for (const std::string& key : keys)
    if (theirs[section][key] != ours[section][key])
      throw usage_error(
          "{}: was made with {}.{} = {}, here it is {}; continue with the same sizes, or "
          "start without it",
          file.string(), section, key, theirs[section][key].dump(), ours[section][key].dump());
}

}  // namespace

void check_same_sizes(const ModelConfig& theirs, const ModelConfig& ours,
                      const std::filesystem::path& file) {
  Config a, b;
  a.model = theirs;
  b.model = ours;
  check_same(to_json(a), to_json(b),
             {"depth", "stoch", "deter", "hidden", "units", "reward_head", "reward_layers", "gru",
              "image_center", "discount_head", "discount_layers", "ensemble", "ensemble_layers",
              "vector_units", "vector_layers", "vector_encoding"},
             "model", file);
}

void check_same_sizes(const BehaviorConfig& theirs, const BehaviorConfig& ours,
                      const std::filesystem::path& file) {
  Config a, b;
  a.behavior = theirs;
  b.behavior = ours;
  check_same(to_json(a), to_json(b), {"units", "actor_layers", "value_layers"}, "behavior", file);
}

CheckpointInfo load_info(const std::filesystem::path& path, std::string_view format) {
  return read_info(io::FileReader(path, format));
}

ModelCheckpoint load_model(const std::filesystem::path& path, torch::Device device) {
  const io::FileReader file(path);
  if (file.format() != "dreamer.model" && file.format() != "dreamer.policy")
    throw error("{}: is a {}, a dreamer.model is needed", path.string(), file.format());
  return read_model(file, device);
}

PolicyCheckpoint load_policy(const std::filesystem::path& path, torch::Device device) {
  const io::FileReader file(path, "dreamer.policy");
  PolicyCheckpoint checkpoint{read_model(file, device), nullptr};
  const BehaviorConfig config = read_config(file).behavior;
  const WorldModel& model = *checkpoint.model.model;
  checkpoint.behavior =
      std::make_shared<ActorCritic>(config, model.config().feature(), model.signature().action);
  read_behavior(file, *checkpoint.behavior);
  checkpoint.behavior->to(device);
  return checkpoint;
}

void write_model(io::FileWriter& file, const WorldModel& model) {
  const Signature& signature = model.signature();
  const ImageShape image = image_shape(signature);
  write_module(file, "/model", model);
  Config config;
  config.model = model.config();
  file.attribute("/model", "signature", to_json(signature).dump());
  file.attribute("/model", "config", to_json(config).at("model").dump());
  // For readers of version 1.0.
  file.attribute("/model", "task", signature.task);
  file.attribute("/model", "action_size", signature.action.size());
  file.attribute("/model", "action_repeat", signature.frames_per_step);
  if (image.size() > 0)
    file.attribute("/model", "image", {image.height, image.width, image.channels});
}

void write_behavior(io::FileWriter& file, const ActorCritic& behavior) {
  write_module(file, "/actor", *behavior.actor);
  write_module(file, "/value", *behavior.value);
  if (behavior.value_target) write_module(file, "/value_target", *behavior.value_target);
  if (behavior.return_range.defined())
    write_tensor(file, "/return_range", "", behavior.return_range);
  Config config;
  config.behavior = behavior.config;
  file.attribute("/actor", "config", to_json(config).at("behavior").dump());
}

void read_behavior(const io::FileReader& file, ActorCritic& behavior) {
  read_module(file, "/actor", *behavior.actor);
  read_module(file, "/value", *behavior.value);
  // What a behavior that was learned without them begins with.
  behavior.move_value_target(1);
  if (behavior.value_target && file.has("/value_target"))
    read_module(file, "/value_target", *behavior.value_target);
  if (behavior.return_range.defined() && file.has("/return_range"))
    read_tensor_into(file, "/return_range", behavior.return_range);
}

void write_counts(io::FileWriter& file, const Counts& counts) {
  file.attribute("/progress", "updates", counts.updates);
  file.attribute("/progress", "environment_steps", counts.environment_steps);
}

Counts read_counts(const io::FileReader& file) {
  return {file.attribute<std::int64_t>("/progress", "updates"),
          file.attribute<std::int64_t>("/progress", "environment_steps")};
}

std::vector<std::string> learned_from(const data::Replay& replay,
                                      std::vector<std::string> earlier) {
  constexpr std::size_t kMost = 10000;  // 190 KB
  std::vector<std::string> all = replay.fingerprints();
  all.insert(all.end(), std::make_move_iterator(earlier.begin()),
             std::make_move_iterator(earlier.end()));
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
  // As hashes are spread evenly, the first ones are a fair sample.
  if (all.size() > kMost) all.resize(kMost);
  return all;
}

void warn_of_learned(const data::Replay& replay, const io::Provenance& model,
                     const std::filesystem::path& path) {
  const auto judged = replay.fingerprints();
  const auto known = std::ranges::count_if(judged, [&](const std::string& episode) {
    return std::ranges::binary_search(model.episodes, episode);
  });
  if (known > 0)
    log::warning("{} of {} episodes are among those that {} was learned from; hold some out", known,
                 judged.size(), path.string());
}

void check_signature(const Signature& model, const Signature& data,
                     const std::filesystem::path& where) {
  if (!same_actions(data.action, model.action))
    throw error("{}: an action is {} ({}), the model takes {} ({}); wrong --data or --model?",
                where.string(), action_text(data.action), data.task, action_text(model.action),
                model.task);
  for (const Space& space : model.observations) {
    const Space* const found = data.observation(space.name);
    if (found == nullptr || found->kind != space.kind || found->shape != space.shape)
      throw error("{}: {} is {}, the model takes {}; wrong --data or --model?", where.string(),
                  data::observation_path(space.name),
                  found == nullptr ? "not there" : shape_text(found->shape),
                  shape_text(space.shape));
  }
  if (data.frames_per_step != model.frames_per_step)
    log::warning("{}: action repeat {}, the model was learned with {}", where.string(),
                 data.frames_per_step, model.frames_per_step);
  if (data.task != model.task)
    log::warning("{}: episodes of {}, the model was learned on {}", where.string(), data.task,
                 model.task);
}

}  // namespace dreamer
