#pragma once

#include <stdexcept>

#include "core/json.h"
#include "core/table.h"

namespace dreamer {

/// Thrown by `emit` when nobody reads our stdout any more; a program ends quietly with status 0.
class ClosedPipe : public std::runtime_error {
 public:
  ClosedPipe() : std::runtime_error("standard output was closed") {}
};

/// Writes one JSON line to stdout, so that a reader down the pipe has it at once.
void emit(const Json& line);

/// Writes text to stdout as it is.
/// @throws ClosedPipe; Error where it cannot be written; signals::Stopped where a signal asks to
///         stop while nobody reads
void emit_text(std::string_view text);

/// JSON on a terminal, too (--json).
void prefer_json();

/// Whether people read stdout: it is a terminal, and they did not ask for JSON.
[[nodiscard]] bool shown_to_people();

/// A row of the table for people, else a JSON line.
void emit(const Json& line, Table& table);

}  // namespace dreamer
