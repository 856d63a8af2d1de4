#include <fnmatch.h>

#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/nearest.h"
#include "io/foreign_file.h"
#include "logged/array_episodes.h"
#include "logged/flat.h"
#include "logged/formats.h"
#include "logged/json_spaces.h"

// HDF5, npz or Parquet files of any layout, which a JSON file (--map) describes: where episodes
// begin, and which arrays hold what.

namespace dreamer::logged {
namespace {

namespace fs = std::filesystem;

/// What a mapping file says; see `man dr-import`.
struct Map {
  std::string episode;  // pattern of groups; empty: a file is an episode
  std::vector<std::pair<std::string, std::string>> observations;  // ours, theirs
  std::vector<std::string> action;
  std::string reward, ends, discount, last;
  Alignment alignment = Alignment::before;
  bool unit_actions = false, upside_down = false;
};

Map read_map(const fs::path& path) {
  constexpr std::array<std::string_view, 11> kKeys = {
      "episode",  "image", "observations", "action",       "reward",     "ends",
      "discount", "last",  "alignment",    "unit_actions", "upside_down"};
  const Json json = read_python_json(path);
  if (!json.is_object()) throw usage_error("{}: must be a JSON object", path.string());
  const std::vector<std::string> known(kKeys.begin(), kKeys.end());
  for (const auto& [key, value] : json.items())
    if (std::ranges::find(known, key) == known.end())
      throw usage_error("{}: no key {}{}; there are {}", path.string(), key,
                        did_you_mean(key, known), fmt::join(known, ", "));
  Map map;
  map.episode = text_of(json, "episode", "");
  if (const std::string image = text_of(json, "image", ""); !image.empty())
    map.observations.emplace_back("image", image);
  const Json observations = json.value("observations", Json::object());
  for (const auto& [name, array] : observations.items()) {
    if (!array.is_string())
      throw usage_error("{}: observations/{} must name an array", path.string(), name);
    map.observations.emplace_back(name, array.get<std::string>());
  }
  const Json action = json.value("action", Json());
  for (const Json& name : action.is_array() ? action : Json::array({action}))
    if (name.is_string()) map.action.push_back(name.get<std::string>());
  if (map.action.empty() || map.observations.empty())
    throw usage_error("{}: must name the arrays of action, and of image or observations",
                      path.string());
  map.reward = text_of(json, "reward", "");
  map.ends = text_of(json, "ends", "");
  map.discount = text_of(json, "discount", "");
  map.last = text_of(json, "last", "");
  map.unit_actions = json.value("unit_actions", false);
  map.upside_down = json.value("upside_down", false);
  const std::string alignment = text_of(json, "alignment", "before");
  const std::vector<std::pair<std::string, Alignment>> names = {
      {"before", Alignment::before},
      {"led_here", Alignment::led_here},
      {"with_reward", Alignment::with_reward},
      {"after", Alignment::after}};
  const auto found = std::ranges::find(names, alignment, &std::pair<std::string, Alignment>::first);
  if (found == names.end())
    throw usage_error("{}: alignment {}; there are before, led_here, with_reward and after",
                      path.string(), alignment);
  map.alignment = found->second;
  return map;
}

std::shared_ptr<const ArrayFile> open_arrays(const fs::path& path) {
  if (is_hdf5(path)) return open_hdf5(path);
  if (is_zip(path)) return open_npz(path);
  if (path.extension() == ".parquet" || path.extension() == ".arrow") return open_table(path);
  throw error("{}: neither HDF5 nor npz, Parquet or Arrow", path.string());
}

class Mapped : public Source {
 public:
  Mapped(const fs::path& path, const SourceOptions& options) : map_(read_map(options.map)) {
    if (fs::is_directory(path)) {
      for (const auto& entry : fs::directory_iterator(path))
        for (const char* end : {".h5", ".hdf5", ".npz", ".parquet", ".arrow"})
          if (entry.path().extension() == end) files_.push_back(entry.path());
      std::ranges::sort(files_, [](const fs::path& a, const fs::path& b) {
        return io::natural_less(a.filename().string(), b.filename().string());
      });
    } else {
      files_ = {path};
    }
    for (const fs::path& file : files_) add_episodes(file);
    if (places_.empty())
      throw error("{} holds no episodes that {} describes", path.string(), options.map.string());
    contents_.format = fmt::format("by {}", options.map.filename().string());
    contents_.dataset = fs::is_directory(path) ? fs::canonical(path).filename() : path.stem();
    contents_.alignment = map_.alignment;
    contents_.unit_actions = map_.unit_actions;
    contents_.upside_down = map_.upside_down;
    contents_.rewards = !map_.reward.empty() && options.reward != "none";
    if (!map_.ends.empty()) contents_.ends = map_.ends;
    if (!map_.discount.empty()) contents_.ends = map_.discount;
    const Place& first = places_.front();
    for (const auto& [ours, theirs] : map_.observations) {
      const std::string array = first.group + theirs;
      auto found = observed_array(*first.arrays, first.arrays->info(array), ours);
      if (!found) throw error("{} holds no numbers", first.arrays->where(array));
      found->array = theirs;
      contents_.signature.observations.push_back(found->space);
      observed_.push_back(*std::move(found));
    }
    contents_.signature.action = {
        .name = "action", .shape = {matrix(*first.arrays, actions_of(first), 0, 0).columns()}};
    contents_.integer_actions = !first.arrays->info(actions_of(first).front()).real;
  }

  [[nodiscard]] const Contents& contents() const override { return contents_; }
  [[nodiscard]] std::int64_t episodes() const override {
    return static_cast<std::int64_t>(places_.size());
  }
  [[nodiscard]] std::vector<fs::path> files() const override { return files_; }

  [[nodiscard]] LoggedEpisode read(std::int64_t number,
                                   const std::vector<std::string>& wanted) const override {
    const Place& place = places_[static_cast<std::size_t>(number)];
    const ArrayFile& arrays = *place.arrays;
    LoggedEpisode episode{.name = fmt::format("{} row {}", arrays.where(place.group), place.first)};
    const std::int64_t steps =
        place.rows < 0 ? arrays.info(actions_of(place).front()).rows() : place.rows;
    episode.action = matrix(arrays, actions_of(place), place.first, steps);
    const auto values = [&](const std::string& name, std::int64_t count) {
      return column(arrays, place.group + name, place.first, count);
    };
    if (contents_.rewards) episode.reward = values(map_.reward, steps);
    if (!map_.ends.empty()) {
      const auto ends = values(map_.ends, steps);
      episode.ended = !ends.empty() && ends.back() != 0;
    }
    std::vector<Observed> here = observed_;
    for (Observed& one : here) one.array.insert(0, place.group);
    const std::int64_t rows = place.rows < 0 ? arrays.info(here.front().array).rows() : steps;
    if (!map_.discount.empty()) episode.discount = values(map_.discount, rows);
    read_observations(arrays, here, wanted, place.first, rows, episode);
    return episode;
  }

 private:
  struct Place {
    std::shared_ptr<const ArrayFile> arrays;
    std::string group;  // "traj_0/", or empty
    std::int64_t first = 0, rows = -1;
  };

  void add_episodes(const fs::path& file) {
    const std::shared_ptr<const ArrayFile> arrays = open_arrays(file);
    std::vector<std::string> groups;
    if (map_.episode.empty()) groups.emplace_back();
    for (const std::string& name :
         map_.episode.empty() ? std::vector<std::string>{} : arrays->names(""))
      if (fnmatch(map_.episode.c_str(), name.c_str(), 0) == 0 && arrays->is_group(name))
        groups.push_back(name + "/");
    for (const std::string& group : groups) {
      if (map_.last.empty()) {
        places_.push_back({arrays, group});
        continue;
      }
      for (const auto& [first, rows, ended] : cut(column(*arrays, group + map_.last, 0, -1), {}))
        places_.push_back({arrays, group, first, rows});
    }
  }

  [[nodiscard]] std::vector<std::string> actions_of(const Place& place) const {
    std::vector<std::string> names;
    for (const std::string& name : map_.action) names.push_back(place.group + name);
    return names;
  }

  Map map_;
  std::vector<fs::path> files_;
  std::vector<Place> places_;
  std::vector<Observed> observed_;
  Contents contents_;
};

}  // namespace

std::unique_ptr<Source> open_mapped(const fs::path& path, const SourceOptions& options) {
  return std::make_unique<Mapped>(path, options);
}

}  // namespace dreamer::logged
