#include <algorithm>

#include "core/error.h"
#include "io/foreign_file.h"
#include "logged/array_episodes.h"
#include "logged/formats.h"

// robomimic, robosuite, MimicGen, RoboCasa (ARISE-Initiative/robomimic, docs/datasets/overview.md):
// data/demo_K/{obs, next_obs?, actions, rewards, dones}; `dones` marks a success or the end of the
// log, never an end of the task. LIBERO (scripts/create_dataset.py) has the same layout, but its
// observations follow the actions and its cameras are upside down.

namespace dreamer::logged {
namespace {

namespace fs = std::filesystem;

class Robomimic : public Source {
 public:
  Robomimic(const fs::path& path, const SourceOptions& options)
      : path_(path), file_(open_hdf5(path)) {
    const io::ForeignFile attributes(path);
    const bool libero = attributes.has_attribute("/data", "bddl_file_name");
    for (const std::string& name : file_->names("data"))
      if (file_->is_group("data/" + name)) episodes_.push_back("data/" + name);
    if (episodes_.empty()) throw error("{} holds no demonstrations", path.string());
    const std::string& first = episodes_.front();
    if (!file_->has(first + "/obs"))
      throw error(
          "{}: states and actions only; make observations with robomimic's "
          "dataset_states_to_obs.py",
          path.string());
    contents_.format = libero ? "LIBERO" : "robomimic";
    contents_.dataset = path.stem();
    contents_.alignment = libero ? Alignment::after : Alignment::before;
    contents_.upside_down = libero;
    contents_.unit_actions = true;
    rewards_ = file_->has(first + "/rewards") && options.reward != "none";
    contents_.rewards = rewards_;
    if (options.ends != "auto" && options.ends != "none") contents_.ends = ends_ = options.ends;
    actions_ = options.action.empty() ? std::vector<std::string>{"actions"} : options.action;
    observed_ = observed(*file_, first + "/obs", contents_.notes);
    has_next_ = !libero && file_->has(first + "/next_obs");
    for (const Observed& one : observed_) {
      has_next_ = has_next_ && file_->has(next_of(one.array));
      contents_.signature.observations.push_back(one.space);
    }
    contents_.signature.action = {.name = "action",
                                  .shape = {matrix(*file_, arrays_of(first), 0, 0).columns()}};
    contents_.integer_actions = !file_->info(arrays_of(first).front()).real;
  }

  [[nodiscard]] const Contents& contents() const override { return contents_; }
  [[nodiscard]] std::int64_t episodes() const override {
    return static_cast<std::int64_t>(episodes_.size());
  }
  [[nodiscard]] std::vector<fs::path> files() const override { return {path_}; }

  [[nodiscard]] LoggedEpisode read(std::int64_t number,
                                   const std::vector<std::string>& wanted) const override {
    const std::string& group = episodes_[static_cast<std::size_t>(number)];
    LoggedEpisode episode{.name = file_->where(group)};
    episode.action = matrix(*file_, arrays_of(group), 0, -1);
    const std::int64_t steps = episode.action.rows();
    if (rewards_) episode.reward = column(*file_, group + "/rewards", 0, -1);
    if (!ends_.empty()) {
      const auto ends = column(*file_, group + "/" + ends_, 0, -1);
      episode.ended = !ends.empty() && ends.back() != 0;
    }
    std::vector<Observed> here = observed_;
    for (Observed& one : here) {
      one.array.replace(0, episodes_.front().size(), group);
      if (std::ranges::find(wanted, one.space.name) != wanted.end())
        check_rows(*file_, one.array, steps);
    }
    read_observations(*file_, here, wanted, 0, steps, episode);
    if (has_next_) add_last(here, wanted, steps, episode);
    return episode;
  }

 private:
  [[nodiscard]] std::vector<std::string> arrays_of(const std::string& group) const {
    std::vector<std::string> names;
    for (const std::string& name : actions_) names.push_back(group + "/" + name);
    return names;
  }
  static std::string next_of(std::string array) {
    return array.replace(array.find("/obs/"), 5, "/next_obs/");
  }

  /// The observation behind the last action: the last row of next_obs.
  void add_last(const std::vector<Observed>& here, const std::vector<std::string>& wanted,
                std::int64_t steps, LoggedEpisode& episode) const {
    if (steps < 1) return;
    std::vector<Observed> next = here;
    for (Observed& one : next) one.array = next_of(one.array);
    LoggedEpisode last;
    read_observations(*file_, next, wanted, steps - 1, 1, last);
    append(episode, std::move(last));
  }

  fs::path path_;
  std::shared_ptr<const ArrayFile> file_;
  std::vector<std::string> episodes_, actions_;
  std::vector<Observed> observed_;
  std::string ends_;
  bool has_next_ = false, rewards_ = true;
  Contents contents_;
};

}  // namespace

bool is_robomimic(const fs::path& path) {
  if (!is_hdf5(path)) return false;
  const io::ForeignFile file(path);
  if (!file.is_group("/data")) return false;
  const auto names = file.names("/data");
  return std::ranges::any_of(names, [&](const std::string& name) {
    return file.is_group("/data/" + name) && file.has("/data/" + name + "/actions");
  });
}

std::unique_ptr<Source> open_robomimic(const fs::path& path, const SourceOptions& options) {
  return std::make_unique<Robomimic>(path, options);
}

}  // namespace dreamer::logged
