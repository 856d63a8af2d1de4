#pragma once

#include <stdexcept>

namespace dreamer::signals {

/// Thrown by work that cannot be left half done where a signal asks it to stop: the process ends by
/// that signal. Every other error is reported, signal or not.
class Stopped : public std::runtime_error {
 public:
  Stopped() : std::runtime_error("stopped by a signal") {}
};

/// From now on the first SIGINT or SIGTERM only sets a flag, so that work stops at the next safe
/// point and saves; a second one ends the process at once. SIGPIPE is ignored: a closed downstream
/// pipe shows as EPIPE where it is written.
void install();

/// The signal that asked us to stop, 0 if none did.
[[nodiscard]] int requested();

/// Sleeps for that long, or until a signal asks to stop; false if one did.
bool pause(double seconds);

/// Ends the process by the signal that was asked for, as a shell expects (128 + number).
[[noreturn]] void raise_again();

}  // namespace dreamer::signals
