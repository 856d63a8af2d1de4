#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"

namespace dreamer::compare {

/// What came of some runs, an object for each group of them (groups.h), by their evaluations:
/// - runs, and frames and minutes, the least frames and the mean minutes of a run;
/// - last, best and average: means over the runs of the last return, of the best one, and of the
///   mean height of the curve;
/// - ci95 of `last`: over the runs by bootstrap; of a single run over its episodes;
/// - published: the return of the paper's curve at these frames, where the task has one.
/// @param runs folders of dr-train and the pipelines, or their learning curves
/// @throws Error if a run has no evaluations
[[nodiscard]] std::vector<Json> run_table(const std::vector<std::filesystem::path>& runs,
                                          const std::vector<std::string>& group_by);

/// As a table for people.
[[nodiscard]] std::string run_table_text(const std::vector<Json>& table);

}  // namespace dreamer::compare
