#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "core/json.h"
#include "core/output.h"
#include "core/tensorboard.h"

namespace dreamer {

/// A line of metrics on stdout: JSON, or for people a row of a table.
void show_metrics(const Json& line);

/// The mean of each metric over the updates since the last line; a line goes to `emit` (stdout)
/// and, if there is a log folder, to TensorBoard.
class MetricsLog {
 public:
  using Emit = std::function<void(const Json& line)>;

  /// @param prefix of the names in TensorBoard: "model" for "model/loss"; may be empty
  MetricsLog(TensorBoard* board, std::string prefix, Emit emit = show_metrics)
      : board_(board), prefix_(std::move(prefix)), emit_(std::move(emit)) {}

  /// Scalars by name, or objects of them, whose names TensorBoard joins by a slash.
  void add(const Json& metrics);
  /// Writes the means with the speed, and starts the next means. Returns the line.
  /// @param waited seconds since the last line in which the loop waited for data
  /// @param more   of the line alone
  Json write(std::int64_t update, double waited, const Json& more = Json::object());

 private:
  using Clock = std::chrono::steady_clock;
  TensorBoard* board_;
  std::string prefix_;
  Emit emit_;
  Json sums_ = Json::object();  // flat: "/loss", "/model/loss"
  std::int64_t count_ = 0;
  Clock::time_point since_ = Clock::now(), until_ = since_;  // of these updates
};

}  // namespace dreamer
