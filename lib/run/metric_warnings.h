#pragma once

#include <cstdint>

#include "core/json.h"
#include "data/replay.h"

namespace dreamer {

/// Warns, at the end of a run, of what its last metrics say (compare/warnings.h).
/// @param config the settings of its trainer
void warn_of_metrics(const Json& metrics, std::int64_t updates, const Json& config,
                     const data::Replay& replay);

}  // namespace dreamer
