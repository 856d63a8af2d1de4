#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "compare/aggregate.h"
#include "media/canvas.h"

namespace dreamer::media {

/// How numbers from JSON Lines are plotted.
struct PlotOptions {
  /// What is shown: a panel each; one panel for several names with commas between. Empty: returns,
  /// or else everything.
  std::vector<std::string> plot = {};
  /// Name of the horizontal axis; empty: frames for returns, else update, frames or horizon.
  std::string against = {};
  /// What runs agree in that are drawn as one line (compare/groups.h); empty: each by itself.
  std::vector<std::string> group_by = {};
  compare::Aggregation aggregation = {};   // of the runs of a group
  std::int64_t smooth = 1;                 // points that a point becomes the mean of
  std::vector<std::string> log_axes = {};  // "x", "y"
};

/// Whether the name says that a file holds JSON (.json, .jsonl) and is to be plotted.
[[nodiscard]] bool is_curve(const std::filesystem::path& path);

/// The numbers in files of JSON Lines over frames, updates or (evaluations of a model) horizon: a
/// panel for each quantity, a line for each file or for each group of runs. Of lines with the same
/// frame or update the last counts, as a run that was killed and went on says some updates twice.
/// Learning curves (a `mean` over `frames`, with `ci95` as a band) of a task that the Dreamer
/// paper's curves are known of are drawn beside that.
/// @throws Error if a file has no numbers of these names
[[nodiscard]] Canvas curves(const std::vector<std::filesystem::path>& files,
                            const PlotOptions& options);

}  // namespace dreamer::media
