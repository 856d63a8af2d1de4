#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "behavior/actor_critic.h"
#include "data/replay.h"
#include "io/file.h"
#include "io/provenance.h"
#include "model/world_model.h"

namespace dreamer {

/// How far the learning of a checkpoint has come.
struct Counts {
  std::int64_t updates = 0;            // optimizer steps, over all runs that led here
  std::int64_t environment_steps = 0;  // frames in the data that it was last fitted on
};

/// What a checkpoint says of itself, its parameters unread.
struct CheckpointInfo {
  Signature signature;
  Counts counts;
  io::Provenance provenance;
  Config config;  // its sizes, and what else it was made with
};

/// A world model read from a model or policy checkpoint.
struct ModelCheckpoint {
  std::shared_ptr<WorldModel> model;
  Counts counts;
  io::Provenance provenance;
};

/// A policy checkpoint: the model that it acts with, actor and value.
struct PolicyCheckpoint {
  ModelCheckpoint model;  // counts are the policy's own
  std::shared_ptr<ActorCritic> behavior;
};

/// @param format "dreamer.model" or "dreamer.policy"
[[nodiscard]] CheckpointInfo load_info(const std::filesystem::path& path, std::string_view format);
[[nodiscard]] ModelCheckpoint load_model(const std::filesystem::path& path, torch::Device device);
[[nodiscard]] PolicyCheckpoint load_policy(const std::filesystem::path& path, torch::Device device);

// The parts of a checkpoint file; the fitting stages add their optimizers.
void write_model(io::FileWriter& file, const WorldModel& model);
void write_behavior(io::FileWriter& file, const ActorCritic& behavior);
void read_behavior(const io::FileReader& file, ActorCritic& behavior);
void write_counts(io::FileWriter& file, const Counts& counts);
[[nodiscard]] Counts read_counts(const io::FileReader& file);

/// Refuses settings that make other parameters than `file` holds, naming the first that differs;
/// all other settings may change from run to run.
void check_same_sizes(const ModelConfig& theirs, const ModelConfig& ours,
                      const std::filesystem::path& file);
void check_same_sizes(const BehaviorConfig& theirs, const BehaviorConfig& ours,
                      const std::filesystem::path& file);

/// What a checkpoint's provenance says of the episodes that its model was learned from: those of
/// `replay` and `earlier` ones.
[[nodiscard]] std::vector<std::string> learned_from(const data::Replay& replay,
                                                    std::vector<std::string> earlier);

/// Warns of episodes that the model was learned from, on which it seems better than it is.
void warn_of_learned(const data::Replay& replay, const io::Provenance& model,
                     const std::filesystem::path& path);

/// Refuses data that the model was not made for: image size, action size.
void check_signature(const Signature& model, const Signature& data,
                     const std::filesystem::path& where);

}  // namespace dreamer
