#include <algorithm>
#include <array>

#include "core/error.h"
#include "logged/array_episodes.h"
#include "logged/formats.h"

// Episodes as npz files, one each, whose rows are aligned as ours: Dreamer v1 (danijar/dreamer,
// tools.py), v2 (danijar/dreamerv2, common/replay.py), dreamerv3-torch (NM512), V-D4RL at 64
// pixels, ExORL (denisyarats/exorl, replay_buffer.py).

namespace dreamer::logged {
namespace {

namespace fs = std::filesystem;

// What is no observation.
constexpr std::array<std::string_view, 9> kOthers = {"action",   "reward",      "discount",
                                                     "is_first", "is_last",     "is_terminal",
                                                     "physics",  "log_entropy", "logprob"};

class DreamerNpz : public Source {
 public:
  DreamerNpz(const fs::path& path, const SourceOptions& options) : files_(npz_files(path)) {
    const auto first = open_npz(files_.front());
    contents_.format = "Dreamer (npz)";
    contents_.dataset = fs::is_directory(path) ? fs::canonical(path).filename() : path.stem();
    contents_.alignment = Alignment::led_here;
    contents_.unit_actions = true;
    const auto use = [&](const char* name) { return first->has(name) && options.ends != "none"; };
    if (use("discount") && options.ends != "is_terminal")
      ends_ = "discount";
    else if (use("is_terminal"))
      ends_ = "is_terminal";
    if (!ends_.empty()) contents_.ends = ends_;
    rewards_ = first->has("reward") && options.reward != "none";
    contents_.rewards = rewards_;
    for (const std::string& name : first->names("")) {
      if (name == "physics")
        contents_.notes.emplace_back(
            "the simulator's states come along: with --task of the control suite, dr-collect "
            "--rerender draws frames from them");
      if (std::ranges::find(kOthers, name) != kOthers.end()) continue;
      if (auto found = observed_array(*first, first->info(name), name))
        observed_.push_back(*std::move(found));
      else
        contents_.notes.push_back(fmt::format("{} is left out: it holds no numbers", name));
    }
    for (const Observed& one : observed_) contents_.signature.observations.push_back(one.space);
    contents_.signature.action = {.name = "action",
                                  .shape = {matrix(*first, "action", 0, 0).columns()}};
  }

  [[nodiscard]] const Contents& contents() const override { return contents_; }
  [[nodiscard]] std::int64_t episodes() const override {
    return static_cast<std::int64_t>(files_.size());
  }
  [[nodiscard]] std::vector<fs::path> files() const override { return files_; }

  [[nodiscard]] LoggedEpisode read(std::int64_t number,
                                   const std::vector<std::string>& wanted) const override {
    const fs::path& path = files_[static_cast<std::size_t>(number)];
    const std::shared_ptr<const ArrayFile> arrays = open_npz(path);
    LoggedEpisode episode{.name = path.string()};
    episode.action = matrix(*arrays, "action", 0, -1);
    const std::int64_t rows = episode.action.rows();
    for (std::int64_t a = 0; rows > 0 && a < episode.action.columns(); ++a)
      if (episode.action.values[static_cast<std::size_t>(a)] != 0)
        throw error(
            "{}: row 0 has an action: no episode of Dreamer v1 or v2, whose first row is the "
            "reset; DreamerV3's chunks are recognised by their stepid",
            path.string());
    if (rewards_) episode.reward = column(*arrays, "reward", 0, -1);
    if (arrays->has("physics")) {
      check_rows(*arrays, "physics", rows);
      episode.physics = matrix(*arrays, "physics", 0, -1);
    }
    if (ends_ == "discount") episode.discount = column(*arrays, "discount", 0, -1);
    if (ends_ == "is_terminal") {
      episode.discount = column(*arrays, "is_terminal", 0, -1);
      for (double& value : episode.discount) value = 1 - value;
    }
    for (const Observed& one : observed_)
      if (std::ranges::find(wanted, one.space.name) != wanted.end())
        check_rows(*arrays, one.array, rows);
    read_observations(*arrays, observed_, wanted, 0, rows, episode);
    return episode;
  }

 private:
  std::vector<fs::path> files_;
  std::vector<Observed> observed_;
  std::string ends_;
  bool rewards_ = true;
  Contents contents_;
};

}  // namespace

bool is_dreamer_npz(const fs::path& path) {
  const auto files = npz_files(path);
  if (files.empty()) return false;
  const auto arrays = open_npz(files.front());
  return arrays->has("action") && !arrays->has("stepid") && !arrays->has("terminals");
}

std::unique_ptr<Source> open_dreamer_npz(const fs::path& path, const SourceOptions& options) {
  return std::make_unique<DreamerNpz>(path, options);
}

}  // namespace dreamer::logged
