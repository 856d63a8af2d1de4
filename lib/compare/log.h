#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"

namespace dreamer::compare {

/// What a run said of itself: a file of JSON Lines (a learning curve, a log of metrics), or the
/// JSON of an evaluation of a model, whose numbers by horizon become a line for each horizon.
struct Log {
  std::filesystem::path path;
  /// Flat: dr-train's {"model": {"kl": …}} is "model.kl"; metrics have their present names.
  std::vector<Json> lines;

  /// Names of the numbers in it, in the order in which they first appear.
  [[nodiscard]] std::vector<std::string> names() const;
};

/// @throws Error if there is no line of JSON in it; single ones that are none are a warning
[[nodiscard]] Log read_log(const std::filesystem::path& path);

/// The name of a metric, which older versions may have called otherwise.
[[nodiscard]] std::string current_name(const std::string& name);

}  // namespace dreamer::compare
