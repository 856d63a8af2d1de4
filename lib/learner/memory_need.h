#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/config.h"
#include "data/episode.h"

namespace dreamer {

/// A part of the memory that learning takes, and what to lower to make it smaller.
struct MemoryNeed {
  std::int64_t bytes = 0;
  std::string lower;  // "fit_model.batch (50) or fit_model.length (50)"
};

/// Of the model: parameters with gradients and Adam's moments, and the batches.
/// @param learns whether gradients run through the batches, or states are only inferred from them
enum class Learns { no, yes };
[[nodiscard]] std::vector<MemoryNeed> model_memory(const ModelConfig& model,
                                                   const Signature& signature, std::int64_t batch,
                                                   std::int64_t length, const std::string& section,
                                                   Learns learns);

/// Of imagination with gradients, from the states of batch × length rows.
[[nodiscard]] MemoryNeed behavior_memory(const ModelConfig& model, const BehaviorConfig& behavior,
                                         std::int64_t rows);

/// Refuses what needs more than is available, before hours of work end in it. The needs are what
/// was measured less a third, so that nothing is refused that would run.
/// @throws Error that names what to lower
void check_memory(const std::vector<MemoryNeed>& needs, std::int64_t available);

}  // namespace dreamer
