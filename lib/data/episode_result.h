#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/json.h"
#include "core/table.h"
#include "data/episode.h"

namespace dreamer::data {

/// An episode that is in place.
struct EpisodeResult {
  std::filesystem::path path;
  std::string task;
  double total_reward = 0;
  std::int64_t length = 0;  // rows: the agent steps and the reset
  std::int64_t seed = 0, index = 0;
  std::string truncated = {};  // why it ends before its time; empty: it does not
  bool rewards = true;         // whether any were logged
  bool kept = false;           // an earlier run had written it
};

/// Of an episode that was just written to `path`.
[[nodiscard]] EpisodeResult result_of(const Episode& episode, const std::filesystem::path& path);

/// As the line that a program prints: episode (path), task, return (where rewards were logged),
/// length, seed, index, and truncated where it is.
[[nodiscard]] Json to_json(const EpisodeResult& result);

/// What of it people see on a terminal.
[[nodiscard]] Table episode_table();

}  // namespace dreamer::data
