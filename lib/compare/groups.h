#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace dreamer::compare {

/// Runs that agree in some of their settings.
struct Group {
  std::string name;                  // "walker_walk, kl_scale=5"
  std::vector<std::size_t> members;  // indices of the logs
};

/// Puts the runs that some logs are of into groups, in the order in which they appear.
/// @param logs each beside the run.json of its run, as dr-train and the pipelines write it
/// @param keys what the runs of a group agree in: settings (model.kl_scale), task, seed and what
///        else run.json says of a run, or `folder`, the name of its folder
/// @throws Error if a run says nothing of a key
[[nodiscard]] std::vector<Group> group_by(const std::vector<std::filesystem::path>& logs,
                                          const std::vector<std::string>& keys);

}  // namespace dreamer::compare
