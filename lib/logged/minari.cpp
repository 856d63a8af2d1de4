#include <algorithm>

#include "core/error.h"
#include "io/foreign_file.h"
#include "logged/array_episodes.h"
#include "logged/formats.h"
#include "logged/json_spaces.h"

// Minari (Farama-Foundation/Minari, dataset/_storages, serialization.py): ROOT/data/metadata.json
// beside main_data.hdf5, with a group episode_K for each episode, or beside K/part-0.parquet or
// .arrow; with one observation more than actions. Images are JPEG files by default since version
// 0.5.3, which the data tell and the metadata need not.

namespace dreamer::logged {
namespace {

namespace fs = std::filesystem;

/// The folder `data` of a dataset, whatever of it is named.
fs::path data_folder(const fs::path& path) {
  if (fs::is_regular_file(path)) return path.parent_path();
  return fs::is_directory(path / "data") ? path / "data" : path;
}

/// One episode's arrays: those of a group of the HDF5 file, or of a table of its own.
struct Part {
  std::shared_ptr<const ArrayFile> arrays;
  std::string group;  // "episode_7/"; empty in a table

  [[nodiscard]] std::string array(const char* name) const { return group + name; }
};

class Minari final : public Source {
 public:
  explicit Minari(const fs::path& path) : folder_(data_folder(path)) {
    const fs::path hdf5 = fs::is_regular_file(path) ? path : folder_ / "main_data.hdf5";
    if (fs::exists(hdf5)) {
      contents_.format = "Minari (HDF5)";
      files_ = {hdf5};
      file_ = open_hdf5(hdf5);
      for (const std::string& name : file_->names(""))
        if (name.starts_with("episode_")) groups_.push_back(name + "/");
    } else {
      files_ = tables_in(folder_);
      contents_.format =
          fmt::format("Minari ({})", files_.empty()                        ? "empty"
                                     : files_[0].extension() == ".parquet" ? "Parquet"
                                                                           : "Arrow");
    }
    if (episodes() == 0) throw error("{} holds no episodes", folder_.string());
    contents_.ends = "terminations";
    const Part first = part(0);
    for (Observed& one : observed(*first.arrays, first.array("observations"), contents_.notes)) {
      // A tuple's parts are called _index_0, _index_1, …
      for (std::size_t at; (at = one.space.name.find("_index_")) != std::string::npos;)
        one.space.name.erase(at, std::string_view("_index_").size());
      one.array.erase(0, first.group.size());
      contents_.signature.observations.push_back(one.space);
      observed_.push_back(std::move(one));
    }
    read_metadata();
    Space& action = contents_.signature.action;
    const std::int64_t columns = matrix(*first.arrays, first.array("actions"), 0, 0).columns();
    if (action.kind == SpaceKind::box && (action.low.empty() || action.size() != columns))
      action = {.name = "action", .shape = {columns}};
  }

  [[nodiscard]] const Contents& contents() const override { return contents_; }
  [[nodiscard]] std::int64_t episodes() const override {
    return static_cast<std::int64_t>(file_ ? groups_.size() : files_.size());
  }
  [[nodiscard]] std::vector<fs::path> files() const override { return files_; }

  [[nodiscard]] LoggedEpisode read(std::int64_t number,
                                   const std::vector<std::string>& wanted) const override {
    const Part here = part(number);
    const ArrayFile& arrays = *here.arrays;
    LoggedEpisode episode{.name = file_ ? arrays.where(here.group)
                                        : files_[static_cast<std::size_t>(number)].string()};
    // A table has a row for each observation: the last action, reward and flag are padding.
    const std::int64_t rows = arrays.info(here.array("actions")).rows(),
                       steps = file_ ? rows : std::max<std::int64_t>(rows - 1, 0);
    episode.action = matrix(arrays, here.array("actions"), 0, steps);
    for (double& choice : episode.action.values) choice -= start_;
    for (const char* name : {"rewards", "terminations"}) check_rows(arrays, here.array(name), rows);
    episode.reward = column(arrays, here.array("rewards"), 0, steps);
    const auto terminations = column(arrays, here.array("terminations"), 0, steps);
    for (std::size_t i = 0; i + 1 < terminations.size(); ++i)
      if (terminations[i] != 0) throw error("{} ends at step {}, before its last", episode.name, i);
    episode.ended = !terminations.empty() && terminations.back() != 0;
    std::vector<Observed> observed = observed_;
    for (Observed& one : observed) {
      one.array.insert(0, here.group);
      if (std::ranges::find(wanted, one.space.name) != wanted.end())
        check_rows(arrays, one.array, steps + 1);
    }
    read_observations(arrays, observed, wanted, 0, steps + 1, episode);
    return episode;
  }

 private:
  [[nodiscard]] Part part(std::int64_t number) const {
    const auto at = static_cast<std::size_t>(number);
    if (file_) return {file_, groups_[at]};
    return {open_table(files_[at]), ""};
  }

  /// data/K/part-0.parquet or .arrow, in the order of K.
  static std::vector<fs::path> tables_in(const fs::path& folder) {
    std::vector<fs::path> tables;
    for (const auto& entry : fs::directory_iterator(folder))
      for (const char* name : {"part-0.parquet", "part-0.arrow"})
        if (fs::exists(entry.path() / name)) tables.push_back(entry.path() / name);
    std::ranges::sort(tables, [](const fs::path& a, const fs::path& b) {
      return io::natural_less(a.string(), b.string());
    });
    return tables;
  }

  void read_metadata() {
    const fs::path path = folder_ / "metadata.json";
    contents_.dataset = fs::canonical(folder_).parent_path().filename();
    if (!fs::exists(path)) return;
    const Json metadata = read_python_json(path);
    if (const auto id = metadata.find("dataset_id"); id != metadata.end() && id->is_string())
      contents_.dataset = id->get<std::string>();
    const auto space = metadata.find("action_space");
    if (space == metadata.end() || !space->is_string()) return;
    const std::string where = path.string() + ": action_space";
    const Json json = parse_python_json(space->get<std::string>(), where);
    contents_.signature.action = action_space(json, where);
    if (const auto start = json.find("start"); start != json.end() && start->is_number())
      start_ = start->get<double>();
  }

  fs::path folder_;
  std::vector<fs::path> files_;            // the HDF5 file, or a table for each episode
  std::shared_ptr<const ArrayFile> file_;  // the former
  std::vector<std::string> groups_;        // its episodes
  std::vector<Observed> observed_;         // arrays of an episode, without its group
  double start_ = 0;                       // the smallest choice
  Contents contents_;
};

}  // namespace

bool is_minari(const fs::path& path) {
  if (fs::is_directory(path)) {
    const fs::path folder = data_folder(path);
    for (const char* name : {"part-0.parquet", "part-0.arrow"})
      if (fs::exists(folder / "0" / name)) return true;
  }
  const fs::path file = fs::is_directory(path) ? data_folder(path) / "main_data.hdf5" : path;
  if (!is_hdf5(file)) return false;
  const io::ForeignFile arrays(file);
  const auto names = arrays.names("/");
  return std::ranges::any_of(names, [&](const std::string& name) {
    return name.starts_with("episode_") && arrays.has("/" + name + "/terminations");
  });
}

std::unique_ptr<Source> open_minari(const fs::path& path, const SourceOptions&) {
  return std::make_unique<Minari>(path);
}

}  // namespace dreamer::logged
