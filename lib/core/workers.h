#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>

namespace dreamer {

/// Threads that share some work. When one of them fails, the others are to stop.
class Workers {
 public:
  /// Runs work(0) … work(count - 1), each in a thread of its own, and waits for all of them.
  /// @throws what the first of them to fail has thrown
  void run(std::int64_t count, const std::function<void(std::int64_t)>& work);

  /// Whether one has failed; `work` asks it between its pieces.
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  void fail(std::exception_ptr failure);

  std::atomic<bool> failed_ = false;
  std::mutex mutex_;
  std::exception_ptr failure_;  // the first; guarded by mutex_
};

}  // namespace dreamer
