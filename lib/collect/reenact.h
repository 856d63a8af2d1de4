#pragma once

#include <filesystem>
#include <optional>

#include "collect/collector.h"

namespace dreamer {

struct ReenactOptions {
  std::filesystem::path episode;        // the logged one
  std::filesystem::path out;            // the folder of the new one; made if it does not exist
  env::EnvironmentOptions environment;  // its action repeat is the logged one's
  bool observations = false;
  io::Replace replace = io::Replace::no;
};

/// ActorInterface the actions of a logged episode again and writes what happens as a new, full
/// episode. The file needs the attributes format, format_version, task, seed, action_repeat and the
/// dataset /action, whose row 0 is the reset's; `index` says which reset of the seed it began from
/// (0 if it is missing). Where /physics is there and its first row is not that reset's, the episode
/// begins from that row instead. It ends with the actions.
/// @return nothing if a signal (core/signals.h) stopped it before the end; then nothing is written
[[nodiscard]] std::optional<EpisodeResult> reenact(const ReenactOptions& options);

}  // namespace dreamer
