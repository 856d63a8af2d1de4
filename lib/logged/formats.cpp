#include "logged/formats.h"

#include <algorithm>
#include <array>
#include <fstream>

#include "core/error.h"
#include "core/nearest.h"

namespace dreamer::logged {
namespace {

namespace fs = std::filesystem;

bool begins_with(const fs::path& path, std::string_view magic) {
  if (!fs::is_regular_file(path)) return false;
  std::ifstream file(path, std::ios::binary);
  std::string start(magic.size(), '\0');
  return file.read(start.data(), static_cast<std::streamsize>(start.size())) && start == magic;
}

std::unique_ptr<Source> open_as(const Format& format, const fs::path& path,
                                const SourceOptions& options) {
  try {
    return format.open(path, options);
  } catch (const Json::exception&) {
    throw error("{}: its metadata (JSON) have another form than {} gives them; copy them again",
                path.string(), format.name);
  } catch (const fs::filesystem_error& e) {
    throw error("{}: cannot be read: {}", path.string(), e.code().message());
  }
}

/// Why something that no format knows may not be one of them.
std::string reason(const fs::path& path) {
  for (const char* end : {".bag", ".mcap", ".db3"})
    if (path.extension() == end)
      return "a recording of ROS messages has no episodes and no actions; convert it to LeRobot's "
             "format first";
  std::vector<std::string> names;
  for (const Format& format : formats()) names.push_back(format.name);
  return fmt::format("no format that is read here ({}); --map FILE describes another layout",
                     fmt::join(names, ", "));
}

}  // namespace

const std::vector<Format>& formats() {
  static const std::vector<Format> table = {
      {"minari", "Minari's datasets in HDF5, Arrow or Parquet", is_minari, open_minari},
      {"lerobot", "LeRobotDataset v3.0 and v2.1", is_lerobot, open_lerobot},
      {"robomimic", "robomimic, robosuite, MimicGen, RoboCasa, LIBERO", is_robomimic,
       open_robomimic},
      {"d4rl", "D4RL's HDF5 files", is_d4rl, open_d4rl},
      {"vd4rl", "V-D4RL's HDF5 files", is_vd4rl, open_vd4rl},
      {"dreamer", "npz episodes of Dreamer v1, v2, dreamerv3-torch, V-D4RL, ExORL", is_dreamer_npz,
       open_dreamer_npz},
      {"dreamer3", "npz chunks of DreamerV3", is_dreamerv3, open_dreamerv3},
      {"rlds", "RLDS in TFDS's record files", is_rlds, open_rlds},
      {"ogbench", "OGBench's npz files", is_ogbench, open_ogbench},
  };
  return table;
}

std::unique_ptr<Source> open_source(const fs::path& path, const SourceOptions& options) {
  std::error_code none;
  if (!fs::exists(path, none)) throw error("{}: no such file or folder", path.string());
  if (!options.map.empty())
    return open_as({"the --map file", "", nullptr, open_mapped}, path, options);
  if (options.format != "auto") {
    std::vector<std::string> names;
    for (const Format& format : formats()) {
      if (format.name == options.format) return open_as(format, path, options);
      names.push_back(format.name);
    }
    throw usage_error("no format {}{}; there are {}", options.format,
                      did_you_mean(options.format, names), fmt::join(names, ", "));
  }
  std::vector<const Format*> found;
  for (const Format& format : formats())
    if (format.recognises(path)) found.push_back(&format);
  if (found.empty()) throw error("{}: {}", path.string(), reason(path));
  if (found.size() > 1) {
    std::vector<std::string> names;
    for (const Format* format : found) names.push_back(format->name);
    throw error("{}: {} kinds of dataset could be meant ({}); give --format", path.string(),
                names.size(), fmt::join(names, ", "));
  }
  return open_as(*found.front(), path, options);
}

bool is_hdf5(const fs::path& path) { return begins_with(path, "\x89HDF\r\n\x1a\n"); }
bool is_zip(const fs::path& path) { return begins_with(path, "PK"); }

std::vector<fs::path> npz_files(const fs::path& path) {
  if (!fs::is_directory(path))
    return is_zip(path) ? std::vector<fs::path>{path} : std::vector<fs::path>{};
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path))
    if (entry.path().extension() == ".npz" && !entry.path().filename().string().starts_with('.'))
      files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

}  // namespace dreamer::logged
