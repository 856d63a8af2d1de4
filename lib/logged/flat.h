#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "logged/array_episodes.h"

namespace dreamer::logged {

/// A file whose arrays hold all episodes end to end, and where each lies.
struct FlatFile {
  struct Episode {
    std::int64_t first = 0, rows = 0;
    bool ended = false;  // by a real end
  };

  std::filesystem::path path = {};
  std::shared_ptr<const ArrayFile> arrays = {};
  Contents contents = {};
  std::vector<Episode> episodes = {};
  std::vector<Observed> observed = {};
  std::string next = {};  // array of what followed each action; empty: there is none
  std::vector<std::string> action = {};
  std::string reward = {}, discount = {};  // empty: there is none
};

/// Cuts rows where a flag is set: behind it an episode begins. A rest without one is an episode cut
/// short.
/// @param ended flags of real ends, of those in `last`
[[nodiscard]] std::vector<FlatFile::Episode> cut(const std::vector<double>& last,
                                                 const std::vector<double>& ended);

/// @throws Error if arrays differ in rows
[[nodiscard]] std::unique_ptr<Source> flat_source(FlatFile file);

}  // namespace dreamer::logged
