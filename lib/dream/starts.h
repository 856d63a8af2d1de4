#pragma once

#include <string>
#include <vector>

#include <torch/torch.h>

#include "data/replay.h"
#include "model/sequences.h"

namespace dreamer {

/// Where a window begins: a row of an episode of a replay.
struct Start {
  std::int64_t episode, row;
};

/// The rows of a window: `context` that the model sees, `ahead` that must be logged behind them.
struct WindowLength {
  std::int64_t context, ahead;
  [[nodiscard]] std::int64_t rows() const { return context + ahead; }
};

/// `count` starts of windows that lie wholly inside their episode, drawn by (seed, "starts").
/// @throws Error if no episode is long enough; it names the options --context and --horizon
[[nodiscard]] std::vector<Start> random_starts(const data::Replay& replay, std::int64_t count,
                                               const WindowLength& length, std::int64_t seed);

/// Every `every`-th row of all episodes, as far as windows lie inside of them.
/// @throws Error likewise
[[nodiscard]] std::vector<Start> spaced_starts(const data::Replay& replay, std::int64_t every,
                                               const WindowLength& length);

/// FILE:ROW, each a window's first row.
/// @throws Error that names the one that is not in the replay, or ends too early
[[nodiscard]] std::vector<Start> named_starts(const data::Replay& replay,
                                              const std::vector<std::string>& places,
                                              const WindowLength& length);
/// The file of "FILE:ROW". @throws Error (usage) for other texts
[[nodiscard]] std::filesystem::path file_of_start(const std::string& place);

/// Logged windows and where they lie.
struct Windows {
  Sequences logged;           // [N,L,…]
  std::vector<Start> starts;  // [N]
};
/// The windows of these starts, each `samples` times one behind the other.
[[nodiscard]] Windows windows_at(const data::Replay& replay, const std::vector<Start>& starts,
                                 std::int64_t samples, const WindowLength& length,
                                 torch::Device device);

}  // namespace dreamer
