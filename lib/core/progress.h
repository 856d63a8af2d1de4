#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace dreamer {

/// Progress of long work on stderr: a bar redrawn in place where stderr is a terminal, a plain line
/// every half minute otherwise, nothing with --quiet. Safe to call from several threads.
class Progress {
 public:
  /// @param what  what is counted, in the plural: "updates", "episodes"
  /// @param total how many there will be; 0: nobody knows
  /// @param done  how many are done already (a resumed run)
  Progress(std::string what, std::int64_t total, std::int64_t done = 0);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Counts `n` more; `note` is shown behind the figures, such as a loss.
  void advance(std::int64_t n = 1, const std::string& note = {});

 private:
  void show(const std::string& note);

  std::mutex mutex_;
  std::string what_;
  std::int64_t total_, first_, done_;
  std::chrono::steady_clock::time_point start_, shown_;
  bool terminal_, drawn_ = false;
};

}  // namespace dreamer
