#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/json.h"
#include "io/file.h"

namespace dreamer::logged {

/// Formats that episodes are written in.
enum class ExportFormat {
  minari,   // a dataset of Minari's in HDF5: the folder is called NAME-vN
  dreamer,  // npz episodes of Dreamer v1, v2 and dreamerv3-torch
  lerobot   // a LeRobotDataset v3.0
};

struct ExportOptions {
  std::vector<std::filesystem::path> episodes;
  std::filesystem::path out;
  ExportFormat format = ExportFormat::minari;
  double fps = 0;  // of LeRobot's rows; 0: as the episodes say, or 30
  io::Replace replace = io::Replace::no;
};

/// Writes the episodes in another format, one in memory at a time. Actions are in the units of
/// their signature's bounds for Minari and LeRobot, and as stored for Dreamer, whose own are in
/// [-1,1].
/// @param sink called with a line for each file that is in place: file, episodes, steps
/// @throws Error where episodes differ in what they hold; the dataset is then not in place
void export_episodes(const ExportOptions& options, const std::function<void(const Json&)>& sink);

}  // namespace dreamer::logged
