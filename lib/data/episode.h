#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/array.h"
#include "core/signature.h"
#include "io/file.h"
#include "io/provenance.h"

namespace dreamer::data {

/// Rows that an episode needs to be learned from: a reset and one step.
inline constexpr std::int64_t kShortestEpisode = 2;

/// One episode in memory. Row t holds what was known at time t: action[t] is the action that *led
/// to* the observations of row t; row 0 is the reset, with zero action, zero reward and discount 1.
struct Episode {
  Signature signature;  // observations are those that are stored
  std::int64_t seed = 0;
  std::int64_t index = 0;   // which episode of that generator
  std::string render;       // "exact", "fast", or empty if there are no images of ours
  bool rewards = true;      // whether any were logged; without, `reward` holds zeros
  std::string truncated;    // why it ends before its time: "physics" (they broke down), or empty
  std::string instruction;  // what was to be done, in words; empty where nobody said
  Json source;              // of imported data: format, dataset, episode, fps; null otherwise

  std::map<std::string, std::vector<std::uint8_t>> images;  // [T,Y,X,C], of the signature's images
  std::map<std::string, Array<float>> vectors;              // [T,…], of its other observations
  std::vector<float> action;                         // [T,A], as executed: in [-1,1], or one-hot
  std::vector<float> reward;                         // [T], raw
  std::vector<float> discount;                       // [T]; a time limit is not an end
  std::map<std::string, Array<double>> physics;      // [T,…], /physics/<field>
  std::map<std::string, std::vector<double>> model;  // /physics/model/<field>, one row an episode

  [[nodiscard]] std::int64_t length() const { return static_cast<std::int64_t>(reward.size()); }
  [[nodiscard]] double total_reward() const;
};

/// Where files keep an observation: /image, or /observation/<name>.
[[nodiscard]] std::string observation_path(const std::string& name);

/// The names of a dataset's axes: `leading`, such as "T" or "N,H", then Y,X,C of an image, and of a
/// vector its name, name2, …
[[nodiscard]] std::string observation_dims(const std::string& leading, const Space& space);

/// `<task>-<seed>-<index>.h5`, numbers zero-padded (10 and 6 digits). What of the task's name
/// cannot be in a file's name becomes '_'.
[[nodiscard]] std::string episode_file_name(const std::string& task, std::int64_t seed,
                                            std::int64_t index);

/// The largest index among the episode files of that task and seed in `folder`; −1: there is none.
[[nodiscard]] std::int64_t last_episode_index(const std::filesystem::path& folder,
                                              const std::string& task, std::int64_t seed);

/// Writes `episode` whole to `path` (format dreamer.episode 1.1).
void write_episode(const std::filesystem::path& path, const Episode& episode,
                   const io::Provenance& provenance, io::Replace replace);

/// Reads an episode whole, checking shapes and that values are finite.
[[nodiscard]] Episode read_episode(const std::filesystem::path& path);

/// Reads what acting an episode again needs and no more: the attributes `task`, `seed`,
/// `action_repeat` and, where it is there, `index`; and /action.
[[nodiscard]] Episode read_logged_actions(const std::filesystem::path& path);

/// The parts of an open episode file, each checked as read_episode checks it. For callers that do
/// not want the whole: the index of a replay, the description of a file.
struct EpisodeHeader {
  Signature signature;
  std::int64_t seed = 0, index = 0, length = 0;
  std::string render, truncated;
  bool rewards = true;
};
[[nodiscard]] EpisodeHeader read_episode_header(const io::FileReader& file);

/// A dataset of this shape, rows first, whose values are finite and within the layout's range.
[[nodiscard]] std::vector<float> read_finite_rows(const io::FileReader& file,
                                                  const std::string& path, const io::Shape& shape);

}  // namespace dreamer::data
