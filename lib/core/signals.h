#pragma once

#include <stdexcept>

namespace dreamer::signals {

/// A write to a pipe that nobody reads, and a file larger than the limit, show as errors where they
/// happen (EPIPE, EFBIG) instead of ending the process. Every other signal keeps its effect: where
/// there is nothing to save, one SIGINT or SIGTERM ends a program. Called once, at the start.
void install();

/// While one lives, the signals that ask a process to end (SIGINT, SIGTERM, SIGHUP, SIGUSR1,
/// SIGUSR2, SIGXCPU) only set a flag, which the work looks at between its steps (`requested`) to
/// stop and save. One that the parent has set to be ignored (nohup) stays ignored.
///
/// Signals that follow are the same request: schedulers and timeout(1) send several. Only SIGINT,
/// two seconds after the first signal or later, ends the process at once, as somebody who presses
/// the keys again wants; never while a SaveInProgress lives.
class StopRequests {
 public:
  StopRequests();
  ~StopRequests();
  StopRequests(const StopRequests&) = delete;
  StopRequests& operator=(const StopRequests&) = delete;
};

/// While one lives no signal ends the process.
class SaveInProgress {
 public:
  SaveInProgress();
  ~SaveInProgress();
  SaveInProgress(const SaveInProgress&) = delete;
  SaveInProgress& operator=(const SaveInProgress&) = delete;
};

/// Thrown where work is given up because a signal asked to stop; the program then ends by it.
class Stopped : public std::runtime_error {
 public:
  Stopped() : std::runtime_error("stopped by a signal") {}
};

/// The signal that asked us to stop, 0 if none did.
[[nodiscard]] int requested();

/// Sleeps for that long, or until a signal asks to stop; false if one did.
bool pause(double seconds);

/// Ends the process by the signal that was asked for, as a shell expects (128 + number).
[[noreturn]] void raise_again();

}  // namespace dreamer::signals
