#pragma once

#include <string>
#include <vector>

#include "core/json.h"

namespace dreamer::compare {

/// What the metrics of a run warn of, by the rules of pipelines/reading-metrics.md, whose section
/// each sentence names.
/// @param metrics a line of dr-fit-model, dr-fit-behavior or dr-train
/// @param largest_value what no return can exceed; infinite if that is not known
[[nodiscard]] std::vector<std::string> warnings_of(const Json& metrics, double largest_value);

/// The updates after which these rules hold: a new model and a new actor obey none of them.
inline constexpr std::int64_t kUpdatesBeforeWarnings = 1000;

}  // namespace dreamer::compare
