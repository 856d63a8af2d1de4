#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "agent/checkpoint.h"
#include "data/replay.h"
#include "learner/jobs.h"
#include "learner/memory_need.h"

namespace dreamer {

// What the commands of this folder open and check before they work: episodes, checkpoints, memory.

/// What a model takes of its episodes: one that is to be made, and one that there is.
[[nodiscard]] data::ReplayOptions replay_options(const ModelConfig& model);
[[nodiscard]] data::ReplayOptions replay_options(const WorldModel& model);

/// The data of a fit; with --follow none yet.
[[nodiscard]] data::Replay open_replay(const FitJob& job, data::ReplayOptions options);

/// The data as a parent in provenance.
[[nodiscard]] io::Parent data_parent(const data::Replay& replay);

/// Refuses what cannot fit into the machine's memory; a GPU has its own.
void check_fits_memory(const LearnJob& job, std::vector<MemoryNeed> needs,
                       const data::Replay& replay, torch::Device device);

/// What an actor takes and gives: features of a state, values of an action.
struct ActorInterface {
  std::int64_t features, actions;
  std::filesystem::path path;
};
[[nodiscard]] ActorInterface interface_of(const ModelCheckpoint& checkpoint,
                                          const std::filesystem::path& path);
[[nodiscard]] ActorInterface interface_of(const CheckpointInfo& checkpoint,
                                          const std::filesystem::path& path);
void check_interface(const ActorInterface& policy, const ActorInterface& model);

/// Whether a behavior of these settings can be learned in such a model: it needs rewards, and
/// predictors that disagree where that counts.
void check_can_imagine(const ModelConfig& model, const BehaviorConfig& behavior);

/// New modules, their parameters drawn by the job's seed.
[[nodiscard]] std::shared_ptr<WorldModel> new_model(const LearnJob& job, const data::Replay& replay,
                                                    const Signature& signature,
                                                    const std::filesystem::path& init,
                                                    torch::Device device);
[[nodiscard]] std::shared_ptr<ActorCritic> new_behavior(const LearnJob& job,
                                                        const WorldModel& model,
                                                        torch::Device device);

/// Checkpoints to continue from, checked against what continues. Their parameters are read by the
/// trainers.
[[nodiscard]] CheckpointInfo check_init(const std::filesystem::path& path,
                                        const ModelConfig& config, const Signature& signature,
                                        const data::Replay& replay);
[[nodiscard]] CheckpointInfo check_init(const std::filesystem::path& path,
                                        const BehaviorConfig& config, const ActorInterface& model);

}  // namespace dreamer
