#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/error.h"
#include "core/split.h"
#include "logged/array_episodes.h"
#include "logged/formats.h"

// DreamerV3 (danijar/dreamerv3, embodied/core/{chunk,replay,driver}.py): chunks
// TIME-UUID-SUCC-LENGTH.npz of up to 1024 steps of one worker's stream, each naming the one that
// follows. Observation and reward of a row belong together; its action was done after them.

namespace dreamer::logged {
namespace {

namespace fs = std::filesystem;

// What is no observation.
constexpr std::array<std::string_view, 6> kOthers = {"reward",      "is_first", "is_last",
                                                     "is_terminal", "stepid",   "consec"};

/// Rows of one chunk.
struct Piece {
  std::size_t chunk = 0;
  std::int64_t first = 0, rows = 0;
};
struct Stretch {
  std::vector<Piece> pieces;
  bool ended = false;
};

/// The parts of a chunk's name; empty where it has others.
std::vector<std::string> parts_of(const fs::path& path) {
  std::vector<std::string> parts = split(path.stem(), '-');
  if (parts.size() != 4) parts.clear();
  return parts;
}

class DreamerV3 : public Source {
 public:
  DreamerV3(const fs::path& path, const SourceOptions& options) : files_(npz_files(path)) {
    for (const fs::path& file : files_) chunks_.push_back(open_npz(file));
    const ArrayFile& first = *chunks_.front();
    contents_.format = "DreamerV3 (chunks)";
    contents_.dataset = fs::is_directory(path) ? fs::canonical(path).filename() : path.stem();
    contents_.alignment = Alignment::with_reward;
    contents_.unit_actions = true;
    terminal_ = options.ends != "none";
    contents_.ends = terminal_ ? "is_terminal" : "none";
    for (const std::string& name : first.names("")) {
      if (std::ranges::find(kOthers, name) != kOthers.end() || name.find('/') != std::string::npos)
        continue;
      if (name == "action" || name.starts_with("action")) continue;
      if (auto found = observed_array(first, first.info(name), name))
        observed_.push_back(*std::move(found));
    }
    for (const Observed& one : observed_) contents_.signature.observations.push_back(one.space);
    actions_ = options.action.empty() ? std::vector<std::string>{"action"} : options.action;
    contents_.signature.action = {.name = "action",
                                  .shape = {matrix(first, actions_, 0, 0).columns()}};
    contents_.integer_actions = !first.info(actions_.front()).real;
    for (const auto& stream : streams()) cut_stream(stream);
  }

  [[nodiscard]] const Contents& contents() const override { return contents_; }
  [[nodiscard]] std::int64_t episodes() const override {
    return static_cast<std::int64_t>(stretches_.size());
  }
  [[nodiscard]] std::vector<fs::path> files() const override { return files_; }

  [[nodiscard]] LoggedEpisode read(std::int64_t number,
                                   const std::vector<std::string>& wanted) const override {
    const Stretch& stretch = stretches_[static_cast<std::size_t>(number)];
    LoggedEpisode episode;
    for (const auto& [chunk, first, rows] : stretch.pieces) {
      const ArrayFile& arrays = *chunks_[chunk];
      LoggedEpisode part;
      part.action = matrix(arrays, actions_, first, rows);
      part.reward = column(arrays, "reward", first, rows);
      read_observations(arrays, observed_, wanted, first, rows, part);
      if (episode.observations == 0) {
        episode = std::move(part);
        episode.name = fmt::format("{}: from row {} on", files_[chunk].string(), first);
      } else {
        append(episode, std::move(part));
      }
    }
    episode.ended = stretch.ended;
    return episode;
  }

 private:
  /// Chunks in the order of their streams, which their names tell.
  [[nodiscard]] std::vector<std::vector<std::size_t>> streams() const {
    std::map<std::string, std::size_t> by_id;
    std::set<std::string> followers;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const auto parts = parts_of(files_[i]);
      if (parts.empty())
        throw error("{}: a chunk of DreamerV3 is called TIME-UUID-SUCCESSOR-LENGTH.npz",
                    files_[i].string());
      by_id[parts[1]] = i;
      followers.insert(parts[2]);
    }
    std::vector<std::vector<std::size_t>> all;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      auto parts = parts_of(files_[i]);
      if (followers.contains(parts[1])) continue;  // not the first of its stream
      std::vector<std::size_t> stream;
      std::set<std::string> seen;
      for (std::size_t at = i; seen.insert(parts[1]).second;) {
        stream.push_back(at);
        const auto next = by_id.find(parts[2]);
        if (next == by_id.end()) break;
        at = next->second;
        parts = parts_of(files_[at]);
      }
      all.push_back(std::move(stream));
    }
    return all;
  }

  void cut_stream(const std::vector<std::size_t>& stream) {
    Stretch open;
    bool begun = false;
    const auto close = [&] {
      if (!open.pieces.empty()) stretches_.push_back(std::move(open));
      open = {};
      begun = false;
    };
    for (const std::size_t chunk : stream) {
      const ArrayFile& arrays = *chunks_[chunk];
      const auto first = column(arrays, "is_first", 0, -1), last = column(arrays, "is_last", 0, -1),
                 terminal = column(arrays, "is_terminal", 0, -1);
      if (first.size() != last.size() || first.size() != terminal.size())
        throw error("{}: is_first, is_last and is_terminal differ in rows", files_[chunk].string());
      Piece piece{.chunk = chunk};
      const auto keep = [&](std::int64_t end) {
        piece.rows = end - piece.first;
        if (piece.rows > 0) open.pieces.push_back(piece);
        piece.first = end;
      };
      for (std::size_t i = 0; i < first.size(); ++i) {
        const auto row = static_cast<std::int64_t>(i);
        if (first[i] != 0) {
          if (begun) keep(row);
          close();
          piece.first = row;
          begun = true;
        }
        if (!begun) {
          if (i == 0)
            contents_.notes.push_back(
                "the beginning of an episode is not there; its rest is left out");
          continue;
        }
        if (last[i] != 0 || terminal[i] != 0) {
          open.ended = terminal_ && terminal[i] != 0;
          keep(row + 1);
          close();
        }
      }
      if (begun) keep(static_cast<std::int64_t>(first.size()));
    }
    close();
  }

  std::vector<fs::path> files_;
  std::vector<std::shared_ptr<const ArrayFile>> chunks_;
  std::vector<Observed> observed_;
  std::vector<std::string> actions_;
  std::vector<Stretch> stretches_;
  bool terminal_ = true;
  Contents contents_;
};

}  // namespace

bool is_dreamerv3(const fs::path& path) {
  const auto files = npz_files(path);
  return !files.empty() && open_npz(files.front())->has("stepid");
}

std::unique_ptr<Source> open_dreamerv3(const fs::path& path, const SourceOptions& options) {
  return std::make_unique<DreamerV3>(path, options);
}

}  // namespace dreamer::logged
