#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "data/episode.h"
#include "data/frame_cache.h"
#include "io/file_stamp.h"

namespace dreamer::data {

/// B windows of L rows. Letters: B windows, L rows, Y,X,C image, A action. Row t of a window is row
/// first_row + t of its episode; rows after the end of a short episode are zero with mask 0.
struct Batch {
  std::int64_t batch = 0, length = 0;
  Signature signature;  // of its episodes, with the observations that it holds
  std::map<std::string, std::vector<std::uint8_t>> images;  // [B,L,Y,X,C]
  std::map<std::string, std::vector<float>> vectors;        // [B,L,…]
  std::vector<float> action;                                // [B,L,A]
  std::vector<float> reward;            // [B,L], transformed as the replay's options say
  std::vector<float> discount;          // [B,L]
  std::vector<float> mask;              // [B,L]: 1 a row of the episode, 0 padding
  std::vector<std::int64_t> episode;    // [B]
  std::vector<std::int64_t> first_row;  // [B]
};

enum class RewardTransform { none, tanh };

/// What happens about an episode that cannot be read, or does not fit the others: an error, or a
/// warning and continuing without it, for folders that others write into.
enum class Unusable { refuse, skip };

struct ReplayOptions {
  std::int64_t memory_bytes = std::int64_t{1} << 30;  // of decoded frames held at most
  RewardTransform reward = RewardTransform::none;     // applied on read; files hold raw rewards
  Unusable unusable = Unusable::refuse;
  bool needs_rewards = false;                  // episodes without are unusable
  std::vector<std::string> observations = {};  // patterns: select_observations
};

/// Any number of episode files as training data: actions, rewards, discounts and vectors in memory,
/// frames read from the files as windows ask for them. Every window is a function of the list of
/// episodes, the stream and the update, never of what was read before. Safe to use from several
/// threads.
class Replay {
 public:
  using Options = ReplayOptions;

  /// Reads the index of every file. Throws Error (file, dataset, row) on episodes that do not fit
  /// together (task, observations, action size), hold values that are not finite, lack an
  /// observation or have fewer than 2 rows. Different renderings only warn. With Unusable::skip it
  /// may be empty at first.
  explicit Replay(const std::vector<std::filesystem::path>& paths, const Options& options = {});

  /// Adds those of `paths` that it does not hold yet; the number added. For a folder that grows.
  /// The same file under two names is one episode. With Unusable::skip one that could not be read
  /// is tried again when it has changed, and now and then: what was missing may be there then (a
  /// permission, a descriptor, a network).
  std::int64_t add_episodes(const std::vector<std::filesystem::path>& paths);

  [[nodiscard]] std::int64_t episodes() const;
  /// Rows of one episode.
  [[nodiscard]] std::int64_t length(std::int64_t episode) const;
  /// Rows of all.
  [[nodiscard]] std::int64_t total_rows() const;
  [[nodiscard]] std::filesystem::path path(std::int64_t episode) const;
  /// Of its first episode, with the observations that are learned from; the others agree in them.
  [[nodiscard]] const Signature& signature() const { return signature_; }
  /// Whether rewards were logged in all of them.
  [[nodiscard]] bool has_rewards() const;
  /// The largest of a step, transformed as the options say; minus infinity without any.
  [[nodiscard]] float largest_reward() const;
  /// The episodes by what they hold (length, actions, rewards, discounts), whatever their files are
  /// called and however they were rendered: 16 hexadecimal digits each, in order.
  [[nodiscard]] std::vector<std::string> fingerprints() const;

  /// `batch` windows of `length` rows: window b lies in an episode drawn uniformly, at a start
  /// drawn uniformly from 0…T−L, its last row included.
  [[nodiscard]] Batch sample(std::int64_t batch, std::int64_t length, const RandomStream& stream,
                             std::uint64_t update) const;

  /// The one window [1,L] of `episode` from `first_row` on, padded behind the episode's end.
  [[nodiscard]] Batch window(std::int64_t episode, std::int64_t first_row,
                             std::int64_t length) const;

  /// A hash of the files' names, lengths, actions, rewards and discounts, in order: the same data
  /// for an exact resume?
  [[nodiscard]] std::uint64_t digest() const;
  /// A hash of how many bytes the frames take in the files: other frames compress to another size.
  /// Costs nothing, where reading all frames would.
  [[nodiscard]] std::uint64_t frames_digest() const;

  /// The mean of image/255 over up to 2000 frames spread evenly over all episodes, [Y,X,C].
  [[nodiscard]] std::vector<float> mean_image(const std::string& name = "image") const;

  /// Mean and standard deviation of each value of a vector over all rows.
  struct Moments {
    std::vector<float> mean, stddev;
  };
  [[nodiscard]] Moments moments(const std::string& name) const;

  /// Decoded frames held now.
  [[nodiscard]] std::int64_t cached_bytes() const { return frames_->bytes(); }

 private:
  struct Entry {
    std::filesystem::path path;
    std::string render;
    bool rewards = true;
    std::int64_t length = 0;
    std::map<std::string, std::int64_t> block_rows;     // of frames read at once, by image
    std::vector<float> action, reward, discount;        // [T,A], [T], [T]
    std::map<std::string, std::vector<float>> vectors;  // [T,…]
    std::uint64_t digest = 0, fingerprint = 0;          // of name and contents; of contents alone
    std::int64_t stored_bytes = 0;                      // of the frames, after compression
  };
  using EntryPtr = std::shared_ptr<const Entry>;

  [[nodiscard]] Entry read_entry(const std::filesystem::path& path);
  /// The file's signature with the observations that are learned from.
  [[nodiscard]] Signature checked_signature(const EpisodeHeader& header,
                                            const std::string& file) const;
  void warn_of_mixed_rendering(const std::vector<EntryPtr>& entries);
  [[nodiscard]] EntryPtr entry(std::int64_t episode) const;
  [[nodiscard]] Batch empty_batch(std::int64_t batch, std::int64_t length) const;
  void fill(Batch& batch, std::int64_t b, std::int64_t episode, const Entry& entry,
            std::int64_t first_row) const;
  /// Window b of `batch` from draws that begin at `draw`; false if that episode is lost.
  [[nodiscard]] bool sample_window(Batch& batch, std::int64_t b, const RandomStream& stream,
                                   std::uint64_t update, std::uint64_t draw) const;
  void copy_frames(std::int64_t episode, const Entry& entry, const Space& image, std::int64_t first,
                   std::int64_t count, std::uint8_t* out) const;
  [[nodiscard]] bool is_lost(std::int64_t episode) const;
  /// Takes an episode whose frames cannot be read out of use; throws if it was the last.
  void lose(std::int64_t episode, const Error& why) const;

  Options options_;
  // What the first episode says and every further one must agree with.
  Signature signature_;
  std::string first_file_;
  bool warned_ = false;
  std::unique_ptr<FrameCache> frames_;

  /// A file that could not be read, when its turn to be tried again comes, and what was said of it.
  struct Refused {
    std::optional<io::FileStamp> stamp;
    std::int64_t looks = 0, next = 1;  // since the last try; until the next one
    std::string reason;
  };
  /// Reads the file at `path`, which this holds under no name yet; nothing if it is left out.
  [[nodiscard]] EntryPtr read_or_refuse(const std::filesystem::path& path);

  std::mutex adding_;  // one at a time reads new files; sampling continues meanwhile
  std::set<std::filesystem::path> names_;             // as they were given, of what is held
  std::set<std::filesystem::path> held_;              // the same files by their one true name
  std::map<std::filesystem::path, Refused> refused_;  // by the name given
  mutable std::shared_mutex mutex_;                   // guards the list, which only ever grows
  std::vector<EntryPtr> entries_;
  mutable std::set<std::int64_t> lost_;  // guarded likewise
};

}  // namespace dreamer::data
