#include "io/foreign_file.h"
#include "logged/flat.h"
#include "logged/formats.h"

// V-D4RL at 84 pixels (conglu1997/v-d4rl, conversion_scripts): one HDF5 file of frames [N,3,84,84];
// step_type is 0 at a reset and 2 in the last row, rows are aligned as ours.

namespace dreamer::logged {

namespace fs = std::filesystem;

bool is_vd4rl(const fs::path& path) {
  if (!is_hdf5(path)) return false;
  const io::ForeignFile file(path);
  return file.has("/observation") && !file.is_group("/observation") && file.has("/step_type") &&
         file.has("/action");
}

std::unique_ptr<Source> open_vd4rl(const fs::path& path, const SourceOptions& options) {
  FlatFile file{.path = path, .arrays = open_hdf5(path)};
  const ArrayFile& arrays = *file.arrays;
  file.contents.format = "V-D4RL (HDF5)";
  file.contents.dataset = path.stem();
  file.contents.alignment = Alignment::led_here;
  file.contents.unit_actions = true;
  file.observed = observed(arrays, "observation", file.contents.notes);
  file.action = {"action"};
  if (options.reward != "none") file.reward = "reward";
  if (arrays.has("discount") && options.ends != "none") {
    file.discount = "discount";
    file.contents.ends = "discount";
  }
  std::vector<double> last = column(arrays, "step_type", 0, -1);
  for (double& type : last) type = type == 2 ? 1 : 0;
  file.episodes = cut(last, {});
  return flat_source(std::move(file));
}

}  // namespace dreamer::logged
