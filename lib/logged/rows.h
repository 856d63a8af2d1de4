#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "data/episode.h"
#include "logged/source.h"

namespace dreamer::logged {

/// What becomes of the last action where the observation that followed it was not stored.
enum class LastStep {
  drop,   // it and its reward are left out
  repeat  // it is kept, and the last observation shown twice
};

/// How the episodes of a source become ours: decided once, before the first is written.
struct RowRules {
  Alignment alignment = Alignment::before;
  Signature signature;                       // of our episodes; the action's bounds are its range
  std::map<std::string, std::string> names;  // of the source's cameras and vectors: ours
  ImageOptions image;
  LastStep last_step = LastStep::drop;
  bool clip = false;     // actions outside of the range are cut, and counted
  bool one_hot = false;  // choices are stored as one-hot values
};

/// What was lost, or changed, on the way; added up over episodes.
struct Tally {
  std::int64_t episodes = 0, rows = 0;
  std::int64_t dropped = 0;         // episodes without their last transition
  std::int64_t dropped_reward = 0;  // of those, where its reward was not 0
  std::int64_t dropped_end = 0;     // and where a real end lay behind it
  std::int64_t clipped = 0;         // values of actions

  Tally& operator+=(const Tally& other);
};

/// A logged episode as ours: row t holds what was known at time t, row 0 is the reset.
/// @throws Error that names the episode
[[nodiscard]] data::Episode to_rows(LoggedEpisode logged, const RowRules& rules, Tally& tally);

}  // namespace dreamer::logged
