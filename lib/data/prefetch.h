#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "core/random.h"
#include "data/replay.h"

namespace dreamer::data {

struct PrefetchOptions {
  std::int64_t batch = 50, length = 50;  // windows in a batch, rows in a window
  std::uint64_t first_update = 0;
  int depth = 2;    // batches prepared ahead
  int threads = 1;  // that prepare them
};

/// Prepares the batches of updates first_update, first_update + 1, … in the background. What a
/// batch holds depends on neither depth nor threads.
class Prefetcher {
 public:
  /// `replay` must outlive it. If it gains episodes meanwhile, timing decides which batches are the
  /// first to have them.
  Prefetcher(const Replay& replay, const RandomStream& stream, const PrefetchOptions& options);
  /// Stops at once: waits for the batches under way, not for those still to come.
  ~Prefetcher();
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// The batch of the next update; waits for it if need be. What went wrong while preparing it is
  /// thrown here.
  [[nodiscard]] Batch next();

  /// The time that `next` has spent waiting so far.
  [[nodiscard]] double seconds_waited() const { return seconds_waited_; }

 private:
  void work();

  const Replay& replay_;
  const RandomStream stream_;
  const PrefetchOptions options_;
  double seconds_waited_ = 0;

  std::mutex mutex_;
  std::condition_variable room_, ready_;
  bool stop_ = false;
  std::uint64_t claimed_, delivered_;  // the next update to prepare; to hand out
  std::map<std::uint64_t, std::variant<Batch, std::exception_ptr>> done_;
  std::vector<std::thread> threads_;
};

}  // namespace dreamer::data
