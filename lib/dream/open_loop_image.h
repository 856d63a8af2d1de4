#pragma once

#include "agent/checkpoint.h"
#include "core/tensorboard.h"
#include "data/replay.h"

namespace dreamer {

/// Puts a strip of open-loop predictions (truth, model, error) into the log.
void log_open_loop(TensorBoard& board, std::int64_t update, const ModelCheckpoint& model,
                   const data::Replay& replay, std::int64_t seed, torch::Device device);

}  // namespace dreamer
