#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "core/json.h"
#include "core/tensorboard.h"

namespace dreamer {

/// The mean of each metric over the updates since the last line; a line goes to stdout as JSON and,
/// if there is a log folder, to TensorBoard.
class MetricsLog {
 public:
  MetricsLog(TensorBoard* board, std::string prefix) : board_(board), prefix_(std::move(prefix)) {}

  void add(const Json& metrics);
  /// Writes the means with the speed, and begins anew.
  /// @param waited seconds since the last line in which the loop waited for data
  void write(std::int64_t update, double waited);

 private:
  using Clock = std::chrono::steady_clock;
  TensorBoard* board_;
  std::string prefix_;
  Json sums_ = Json::object();
  std::int64_t count_ = 0;
  Clock::time_point since_ = Clock::now();
};

}  // namespace dreamer
