#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/json.h"
#include "data/episode_result.h"
#include "io/file.h"
#include "logged/rows.h"
#include "logged/source.h"

namespace dreamer::logged {

/// What dr-import is asked for.
struct ImportOptions {
  std::vector<std::filesystem::path> sources;
  std::filesystem::path out;
  SourceOptions source;

  std::vector<std::string> images;        // cameras to take, the first becomes `image`; empty: all
  std::vector<std::string> observations;  // vectors to take; empty: all
  bool vectors = true;                    // whether any are
  ImageOptions image;
  LastStep last_step = LastStep::drop;
  std::string action_range = "auto";  // auto, data, or LOW:HIGH[,LOW:HIGH…]
  std::int64_t choices = 0;           // of a discrete action; 0: as the data tell
  bool clip = false;

  std::string task;  // empty: the dataset's name
  std::int64_t seed = 0, action_repeat = 1;
  std::string episodes;  // numbers and ranges, "0-99,200"; empty: all
  std::int64_t threads = 1;
  bool skip_bad = false;
  io::Replace replace = io::Replace::no;
};

/// Called with each episode, in order, when its file is in place.
using EpisodeSink = std::function<void(const data::EpisodeResult&)>;

/// What an import came to.
struct ImportResult {
  Tally tally;
  std::int64_t kept = 0;           // written by an earlier run
  std::int64_t too_short = 0;      // episodes of one row, which teach nothing
  std::vector<std::string> bad;    // with skip_bad: why episodes were left out
  std::vector<std::string> notes;  // what was decided, and what is not there
};

/// Writes the episodes of all sources into `options.out`, in their order, one in memory for each
/// thread. What an earlier run of the same options has written is kept; the same sources give the
/// same bytes but for the ids and times in provenance.
/// @throws Error at the first episode that cannot be read, unless skip_bad; what was written stays
[[nodiscard]] ImportResult import_episodes(const ImportOptions& options, const EpisodeSink& sink);

/// What the sources are and what would be done: format, dataset, episodes, rows, cameras, vectors,
/// action, rewards, ends, notes.
[[nodiscard]] std::vector<Json> describe_sources(const ImportOptions& options);

}  // namespace dreamer::logged
