#pragma once

#include <string>
#include <string_view>

namespace dreamer::terminal {

/// Opens what a caller has closed of descriptors 0 to 2, so that no file that we write becomes one
/// of them; reading and writing there still fail. Called before anything else is opened.
void hold_standard_descriptors();

/// Writes all of `text` to descriptor 1 or 2, and nothing of another thread in between. A status
/// line is wiped before, where `text` goes to the same terminal, and drawn again after it.
/// @return 0, or an error number; EINTR: a signal asked to stop (core/signals.h) while nobody reads
[[nodiscard]] int write(int descriptor, std::string_view text);

/// Whether a line on stderr can be drawn again in place.
[[nodiscard]] bool can_redraw();

/// Draws the line that stays at the bottom of the terminal on stderr; empty: none.
void set_status(std::string line);

}  // namespace dreamer::terminal
