#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "collect/collector.h"
#include "collect/rerender.h"

namespace dreamer {

struct RerenderFilesOptions {
  std::vector<std::filesystem::path> episodes;  // the logged ones
  std::filesystem::path out;                    // the folder of the new ones
  RerenderOptions drawing = {};
  std::int64_t threads = 1;  // episodes at once
  io::Replace replace = io::Replace::no;
};

/// Writes each logged episode again with frames that are drawn from the states which it stores, row
/// by row, without simulating (one that stores none is re-enacted first, as `rerender` does); all
/// else stays as it was logged. What an earlier run of the same options has written is kept.
/// @throws Error if one is of no task of ours
void rerender_files(const RerenderFilesOptions& options, const EpisodeSink& sink);

}  // namespace dreamer
