#pragma once

#include <functional>
#include <string>

#include "core/tensorboard.h"
#include "data/replay.h"
#include "io/output_lock.h"
#include "learner/jobs.h"
#include "update/trainer.h"

namespace dreamer {

/// What a fitting stage passes to the loop beside its job.
struct FitSetup {
  std::int64_t batch, length;  // of the sequences
  std::string stream;          // name of the random stream that draws windows, and of the run
  Counts begin = {};           // of the checkpoint that --init names
  std::function<std::vector<io::Parent>()> parents = {};  // of a file that is written now
  /// Of a file that is written now: the episodes that its model was learned from.
  std::function<std::vector<std::string>()> episodes = {};
  /// Writes images into the log after an update; may be empty.
  std::function<void(TensorBoard&, std::int64_t update)> images = {};
  /// With --follow: takes in what others have written since the last look. Called between updates.
  std::function<void()> look = {};
};

/// Tries at the start what would otherwise fail at the end: whether everything that a fit may write
/// can be written. Nobody else works on the output while the lock is held.
[[nodiscard]] io::OutputLock claim_output(const FitJob& job);

/// Runs `job.updates` updates of `trainer` on windows of `replay`, writes metrics, resume files
/// and, at the end, `job.out`. It continues from a resume file that the same command left, or else
/// from `job.init`. Whatever ends it early, the updates made so far are saved: stopped by a signal
/// it says where and returns, in every other case it throws an Error that says so.
///
/// With `job.follow` the output itself is what it replaces when a save is due and when it is
/// stopped, and what it continues from; `replay` may grow, and once it is too small for
/// `job.train_ratio` the fit waits. Then the result depends on timing.
void run_fit(const FitJob& job, const FitSetup& setup, Trainer& trainer,
             const data::Replay& replay);

}  // namespace dreamer
