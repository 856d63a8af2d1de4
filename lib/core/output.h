#pragma once

#include <stdexcept>

#include "core/json.h"

namespace dreamer {

/// Thrown by `emit` when nobody reads our stdout any more; run_main ends quietly with status 0.
class ClosedPipe : public std::runtime_error {
 public:
  ClosedPipe() : std::runtime_error("standard output was closed") {}
};

/// Writes one JSON line to stdout and flushes it, so that a reader down the pipe has it at once.
void emit(const Json& line);

/// Writes text to stdout as it is.
void emit_text(std::string_view text);

}  // namespace dreamer
