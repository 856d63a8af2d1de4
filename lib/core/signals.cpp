#include "core/signals.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

namespace dreamer::signals {
namespace {

volatile std::sig_atomic_t g_requested = 0;  // set in the handler: nothing else is allowed there

void handle(int signal) {
  if (g_requested != 0) {
    std::signal(signal, SIG_DFL);
    ::raise(signal);
  }
  g_requested = signal;
}

}  // namespace

void install() {
  struct sigaction action {};
  action.sa_handler = handle;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_NODEFER;  // so that the second signal's raise() is delivered at once
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes shows as EFBIG where it is hit
}

int requested() { return g_requested; }

bool pause(double seconds) {
  // In short naps: the signal may interrupt another thread than this one.
  using Clock = std::chrono::steady_clock;
  constexpr Clock::duration kNap = std::chrono::milliseconds(50);
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(seconds));
  while (requested() == 0 && Clock::now() < end)
    std::this_thread::sleep_for(std::min(kNap, end - Clock::now()));
  return requested() == 0;
}

void raise_again() {
  const int signal = g_requested;
  std::signal(signal, SIG_DFL);
  ::raise(signal);
  std::_Exit(128 + signal);
}

}  // namespace dreamer::signals
