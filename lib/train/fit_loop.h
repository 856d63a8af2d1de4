#pragma once

#include <functional>
#include <string>

#include "core/tensorboard.h"
#include "data/replay.h"
#include "stages/jobs.h"
#include "train/trainer.h"

namespace dreamer {

/// What a fitting stage tells the loop beside its job.
struct FitSetup {
  std::int64_t batch, length;            // of the sequences
  std::string stream;                    // name of the random stream that draws windows
  Counts begin = {};                     // of the checkpoint that this run goes on from
  std::vector<io::Parent> parents = {};  // of the file that is made
  /// Draws pictures into the log after an update; may be empty.
  std::function<void(TensorBoard&, std::int64_t update)> pictures = {};
};

/// Runs `job.updates` updates of `trainer` on windows of `replay`, writes metrics, resume files
/// and, at the end, `job.out`. A resume file that the same command left is gone on from; stopped by
/// a signal it leaves one and returns. After a loss that is not finite it saves the batch beside
/// the output and throws.
void run_fit(const FitJob& job, const FitSetup& setup, Trainer& trainer,
             const data::Replay& replay);

/// The resume file that belongs to an output: OUT.resume.h5.
[[nodiscard]] std::filesystem::path resume_path(const std::filesystem::path& out);

}  // namespace dreamer
