#include "logged/flat.h"
#include "logged/formats.h"

// OGBench (seohongpark/ogbench, ogbench/utils.py): one npz of observations, actions and terminals,
// which mark the end of a trajectory and never one of the task; no rewards. Without what followed
// the last action.

namespace dreamer::logged {

namespace fs = std::filesystem;

bool is_ogbench(const fs::path& path) {
  if (!fs::is_regular_file(path) || !is_zip(path)) return false;
  const auto arrays = open_npz(path);
  return arrays->has("observations") && arrays->has("actions") && arrays->has("terminals");
}

std::unique_ptr<Source> open_ogbench(const fs::path& path, const SourceOptions& options) {
  FlatFile file{.path = path, .arrays = open_npz(path)};
  const ArrayFile& arrays = *file.arrays;
  file.contents.format = "OGBench";
  file.contents.dataset = path.stem();
  file.contents.unit_actions = true;
  if (auto found = observed_array(arrays, arrays.info("observations"), "observation"))
    file.observed.push_back(*std::move(found));
  file.action = {"actions"};
  if (arrays.has("rewards") && options.reward != "none") file.reward = "rewards";
  file.episodes = cut(column(arrays, "terminals", 0, -1), {});
  return flat_source(std::move(file));
}

}  // namespace dreamer::logged
