#pragma once

#include <exception>
#include <optional>
#include <thread>
#include <vector>

#include "agent/snapshot.h"
#include "collect/collector.h"
#include "core/progress.h"
#include "learner/jobs.h"

namespace dreamer {

/// The random episodes that a run begins with; fewer if a signal came. The same as those of
/// dr-collect with the run's seed.
[[nodiscard]] std::vector<EpisodeResult> collect_at_random(const TrainJob& job);

/// Returns of the policy's mode on the run's evaluation episodes, the same ones every time.
/// @throws signals::Stopped if a signal or `stop` ended it
[[nodiscard]] std::vector<double> evaluate_policy(const TrainJob& job, const PolicySnapshot& policy,
                                                  torch::Device device, std::stop_token stop = {},
                                                  Progress* progress = nullptr);

/// What a policy did in a round.
struct RoundResult {
  std::vector<EpisodeResult> episodes;  // by path: timing has no part in their order
  std::vector<double> returns;          // of the evaluation; empty without one
};

/// The acting of one round, on threads of its own, while updates go on: the policy acts the round's
/// episodes, and is evaluated if that is due. What it does depends on the policy's parameters
/// alone, which stay as they are until it is done. Arithmetic is single-threaded there, so the
/// updates keep the other cores.
class CollectionRound {
 public:
  enum class Evaluate { no, yes };

  /// @param updates that the policy has made
  CollectionRound(const TrainJob& job, std::int64_t round, const PolicySnapshot& policy,
                  std::int64_t updates, Evaluate evaluate, torch::Device device);

  /// Waits for the end. What went wrong is thrown here, unless a signal came, after which the
  /// result means nothing.
  [[nodiscard]] RoundResult wait();

 private:
  RoundResult acted_;
  std::exception_ptr failure_;
  std::jthread thread_;  // the last member: stopped and joined before the others go
};

}  // namespace dreamer
