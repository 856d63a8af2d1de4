#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "io/file.h"
#include "learner/jobs.h"

namespace dreamer {

/// The files of a run, in its folder.
struct TrainFiles {
  explicit TrainFiles(const std::filesystem::path& folder);
  std::filesystem::path settings, episodes, log, model, policy;
  std::filesystem::path work;    // what resume and nonfinite files are named after
  std::filesystem::path resume;  // the run as far as it has come
  /// The policy that was evaluated after a round.
  [[nodiscard]] std::filesystem::path evaluated(std::int64_t round) const;

 private:
  std::filesystem::path folder_;
};

/// How far a run has come. Round 0 is the pretraining.
struct TrainState {
  std::int64_t round = 0;
  std::int64_t in_round = 0;  // updates of this round that are made
  std::int64_t updates = 0;   // all that are made
  double seconds = 0;         // that the run has taken
  double round_began = 0;     // `seconds` when this round began
  std::int64_t log_bytes = 0;
  std::vector<std::string> episodes;  // that the run collected: names, as the replay has them
  std::string digest, frames_digest;  // of all the replay holds
};

/// What must be the same for a run to be continued: what decides the result, but for the
/// environments side by side; and it may get more rounds.
[[nodiscard]] Json identity(const TrainJob& job);

void write_state(io::FileWriter& file, const TrainJob& job, const TrainState& state);

/// What a stopped run left in the job's folder, if anything.
/// @throws Error if it belongs to another command, or has come further than this one goes
[[nodiscard]] std::optional<TrainState> find_state(const TrainJob& job);

}  // namespace dreamer
