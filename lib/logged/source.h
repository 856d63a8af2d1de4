#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/array.h"
#include "core/json.h"
#include "core/signature.h"
#include "logged/frame.h"

namespace dreamer::logged {

/// How action i, and the reward r[i] that it earned, lie to observation o[i].
enum class Alignment {
  before,       // o[i] was seen, then a[i] done; r[i] followed
  led_here,     // a[i] led to o[i] and r[i]: as in our own episodes
  with_reward,  // r[i] came with o[i], a[i] was done after it: DreamerV3
  after         // o[i] was seen after a[i]; the reset was not stored: LIBERO
};

/// An episode as a source has it. Letters: n observations, m actions, A.
struct LoggedEpisode {
  std::string name = {};                             // in messages: "episode_7"
  std::int64_t observations = 0;                     // n
  std::map<std::string, NextFrame> cameras = {};     // n frames each; those that were asked for
  std::map<std::string, Array<float>> vectors = {};  // [n,…], likewise
  Array<double> action = {};   // [m,A], in the source's own units; a choice: [m,groups] numbers
  Array<double> physics = {};  // [n,P], dm_control's physics.get_state(), where it was logged
  std::vector<double> reward = {};    // [m]; empty: none were logged
  std::vector<double> discount = {};  // [n], where observations have one; else empty
  bool ended = false;                 // a real end lies behind the last action
  std::string instruction = {};       // in words, if there is one
};

/// What a source holds: the same for all of its episodes.
struct Contents {
  std::string format = {};   // "Minari (HDF5)"
  std::string dataset = {};  // its name
  Alignment alignment = Alignment::before;
  /// Cameras at their own size (shape 0,0,0: known when a frame is decoded) and vectors. Of the
  /// action the declared bounds, if they are finite; the groups of a choice.
  Signature signature = {};
  /// The format's own rule says that actions lie in [-1,1].
  bool unit_actions = false;
  bool integer_actions = false;  // stored as integers: choices
  bool rewards = true;
  std::string ends = "none";            // what marks a real end
  bool upside_down = false;             // cameras are, by the format's rule
  double fps = 0;                       // 0: unknown
  std::vector<std::string> notes = {};  // what a user should know: what is left out
};

/// Logged data of one kind, opened to read.
class Source {
 public:
  virtual ~Source() = default;
  [[nodiscard]] virtual const Contents& contents() const = 0;
  [[nodiscard]] virtual std::int64_t episodes() const = 0;
  /// @param wanted names of cameras and vectors, of those in the contents
  [[nodiscard]] virtual LoggedEpisode read(std::int64_t episode,
                                           const std::vector<std::string>& wanted) const = 0;
  /// Files that the source consists of, for its identity.
  [[nodiscard]] virtual std::vector<std::filesystem::path> files() const = 0;
};

/// Choices of the user that decide how a source is read.
struct SourceOptions {
  std::string format = "auto";
  std::string ends = "auto";             // the array that marks real ends, or "none"
  std::vector<std::string> action = {};  // arrays that are the action, side by side
  std::string reward = {};               // the array of rewards, or "none"
  std::filesystem::path map = {};        // a mapping file of a layout of one's own
};

/// A format: a line of the table in formats.cpp.
struct Format {
  std::string name, description;
  /// Whether what lies there is of this format, by its contents.
  bool (*recognises)(const std::filesystem::path& path);
  std::unique_ptr<Source> (*open)(const std::filesystem::path& path, const SourceOptions& options);
};
[[nodiscard]] const std::vector<Format>& formats();

/// Opens what lies at `path`, a file or a folder, by its contents.
/// @throws Error if no format knows it, or several do
[[nodiscard]] std::unique_ptr<Source> open_source(const std::filesystem::path& path,
                                                  const SourceOptions& options);

}  // namespace dreamer::logged
