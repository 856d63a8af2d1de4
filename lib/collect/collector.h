#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "collect/policy.h"
#include "core/json.h"
#include "data/episode_result.h"
#include "env/environment.h"
#include "io/file.h"
#include "io/provenance.h"

namespace dreamer {

/// What is to be collected. Everything but `episodes`, `envs` and `replace` decides what the
/// episode files hold.
struct CollectOptions {
  std::string task;
  std::filesystem::path out;  // the folder of the episodes; made if it does not exist
  std::int64_t episodes = 1;
  std::int64_t envs = 1;  // environments side by side, a thread each
  std::int64_t seed = 0;  // 0 … 2³¹−1
  env::EnvironmentOptions environment = {};
  bool observations = false;  // store vector observations and the physics state too
  io::Replace replace = io::Replace::no;
  std::string policy = {};       // provenance id of the checkpoint; empty: the random policy
  std::int64_t action_hold = 1;  // the random policy holds an action for up to so many steps
  Json acting = "random";     // how it acts (noise, mode): stored, and compared with existing files
  std::stop_token stop = {};  // ends it early, as a signal does
};

using data::EpisodeResult;

/// Called with every episode when its file is in place; never by two threads at once.
using EpisodeSink = std::function<void(const EpisodeResult&)>;

/// How many episodes hold at least `steps` agent steps.
[[nodiscard]] std::int64_t episodes_for_steps(std::int64_t steps,
                                              const env::EnvironmentOptions& environment);

/// Collects whole episodes into `options.out`. Episode k is the (k / envs)-th of environment
/// k % envs, so that the set of files is a function of the options, not of timing. Each is written
/// the moment it ends. Those that an earlier, interrupted run of the same options left are kept.
/// An episode whose physics break down ends there; where that leaves nothing to learn from, the
/// environment's next one takes its place, so that the numbers of its files leave a gap.
/// Once a signal (core/signals.h) or `stop` asks for it the unfinished episodes are dropped and it
/// returns.
/// @param policy makes the policy of each environment; empty: random actions
/// @throws Error if a file that belongs to something else is in the way (without Replace::yes), if
///         the physics break down again and again, or if writing fails; what was finished stays
void collect(const CollectOptions& options, const PolicyFactory& policy, const EpisodeSink& sink);

/// Collects whole episodes by whatever acts at the time: `acting` is asked before each. The numbers
/// of each environment continue after its last episode in `options.out`, whatever acted in that, so
/// that after a restart no file is replaced and no seed used twice; those that were there count for
/// `options.episodes`, and are not reported. Ends as `collect` does, or once `acting` gives null.
void follow(const CollectOptions& options, const PolicyProvider& acting, const EpisodeSink& sink);

}  // namespace dreamer
