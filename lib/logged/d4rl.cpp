#include <algorithm>

#include "core/error.h"
#include "io/foreign_file.h"
#include "logged/flat.h"
#include "logged/formats.h"

// D4RL (Farama-Foundation/D4RL, d4rl/offline_env.py): one HDF5 file, all transitions end to end;
// `terminals` marks real ends, `timeouts` time limits. Some files have next_observations, others
// lose the last observation of each episode.

namespace dreamer::logged {

namespace fs = std::filesystem;

bool is_d4rl(const fs::path& path) {
  if (!is_hdf5(path)) return false;
  const io::ForeignFile file(path);
  return file.has("/observations") && !file.is_group("/observations") && file.has("/actions") &&
         file.has("/rewards") && file.has("/terminals");
}

std::unique_ptr<Source> open_d4rl(const fs::path& path, const SourceOptions& options) {
  FlatFile file{.path = path, .arrays = open_hdf5(path)};
  const ArrayFile& arrays = *file.arrays;
  file.contents.format = "D4RL";
  file.contents.dataset = path.stem();
  file.contents.unit_actions = true;
  file.observed = observed(arrays, "observations", file.contents.notes);
  if (file.observed.empty()) throw error("{} holds no observations", path.string());
  if (arrays.has("next_observations")) file.next = "next_observations";
  file.action = options.action.empty() ? std::vector<std::string>{"actions"} : options.action;
  if (options.reward != "none") file.reward = options.reward.empty() ? "rewards" : options.reward;
  const auto terminals = column(arrays, "terminals", 0, -1);
  std::vector<double> last = terminals;
  if (arrays.has("timeouts")) {
    const auto timeouts = column(arrays, "timeouts", 0, -1);
    if (timeouts.size() != last.size())
      throw error("{} has {} rows, {} are needed", arrays.where("timeouts"), timeouts.size(),
                  last.size());
    for (std::size_t i = 0; i < last.size(); ++i) last[i] += timeouts[i];
  }
  std::vector<double> ended = terminals;
  file.contents.ends = options.ends == "auto" ? "terminals" : options.ends;
  if (options.ends == "none") ended.clear();
  if (options.ends != "auto" && options.ends != "none") ended = column(arrays, options.ends, 0, -1);
  file.episodes = cut(last, ended);
  return flat_source(std::move(file));
}

}  // namespace dreamer::logged
