#pragma once

#include <filesystem>

#include "io/file.h"

namespace dreamer::portable {

/// Writes a policy checkpoint as an ONNX graph of one agent step, for programs that act without
/// this library: observations, the action before and the state before go in, the action and the
/// state come out. Inputs and outputs are named in dr-export(1). Needs no LibTorch.
/// @throws Error if the checkpoint is no policy or is damaged
using ExportPolicy = void(const std::filesystem::path& policy, const std::filesystem::path& out,
                          io::Replace replace);

}  // namespace dreamer::portable
