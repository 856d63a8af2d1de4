#pragma once

#include <chrono>

namespace dreamer {

/// Tells when unfinished work is to be saved again, by time: the result is the same whenever it
/// is.
class SaveClock {
 public:
  /// @param minutes between saves; 0: never
  explicit SaveClock(double minutes) : interval_(minutes) {}

  [[nodiscard]] bool is_due() const {
    return interval_.count() > 0 && Clock::now() - saved_ >= interval_;
  }
  void saved() { saved_ = Clock::now(); }

 private:
  using Clock = std::chrono::steady_clock;
  std::chrono::duration<double, std::ratio<60>> interval_;
  Clock::time_point saved_ = Clock::now();
};

}  // namespace dreamer
