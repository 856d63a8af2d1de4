#pragma once

#include "data/replay.h"
#include "run/collection_round.h"
#include "run/run_log.h"
#include "run/train_state.h"
#include "update/joint_trainer.h"

namespace dreamer {

/// What the loop works on beside its job.
struct TrainSetup {
  JointTrainer& trainer;
  std::shared_ptr<ActorCritic> behavior;  // the one that `trainer` learns
  data::Replay& replay;
  std::vector<io::Parent> parents;    // checkpoints continued
  std::vector<std::string> episodes;  // that those were learned from
  torch::Device device;
};

/// Algorithm 1 of the paper. First the pretraining, then rounds: the policy as it is at the start
/// of a round acts the round's episodes in the background, and is evaluated there if that is due,
/// while model and behavior make the round's updates on the episodes of the rounds before; then the
/// new episodes join the replay. So no number depends on timing. Stopped by a signal it saves and
/// returns; the same command continues from there.
/// @param random the episodes that a new run has begun with
/// @param state  of the run that is continued; a new one without
void run_train(const TrainJob& job, const TrainSetup& setup,
               const std::vector<EpisodeResult>& random, const std::optional<TrainState>& state);

}  // namespace dreamer
