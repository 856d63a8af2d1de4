#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "logged/import.h"
#include "logged/rows.h"
#include "logged/source.h"

namespace dreamer::logged {

using Sources = std::vector<std::unique_ptr<Source>>;

[[nodiscard]] Sources open_all(const ImportOptions& options);

/// What is taken of the sources, and how: decided before the first episode is read.
struct ImportPlan {
  RowRules rules;
  std::vector<std::string> wanted;  // the source's names
  std::string origin;               // of the action's range
  std::vector<std::string> notes;   // what was decided, and what is not there
};
[[nodiscard]] ImportPlan make_plan(const Sources& sources, const ImportOptions& options);

/// One of the episodes of all sources.
struct Numbered {
  std::int64_t number = 0;  // among all
  std::size_t source = 0;
  std::int64_t episode = 0;  // among those of its source
};
/// Those that options.episodes names; all where it is empty.
[[nodiscard]] std::vector<Numbered> chosen_episodes(const Sources& sources,
                                                    const ImportOptions& options);

/// What identifies the sources: names, sizes and the beginnings of their files.
[[nodiscard]] std::string identity(const Sources& sources);

/// The choices that decide what an episode's file holds.
[[nodiscard]] Json config_of(const ImportPlan& plan, const Contents& contents);

}  // namespace dreamer::logged
