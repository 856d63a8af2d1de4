#include "core/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <mutex>

#include "core/signals.h"

namespace dreamer::terminal {
namespace {

constexpr std::string_view kWipe = "\r\033[K";
constexpr std::size_t kPiece = 4096;  // what a pipe that is ready takes without waiting
constexpr int kLookForSignals = 100;  // milliseconds

std::mutex& mutex() {
  static auto* const instance = new std::mutex;  // threads may still write at exit
  return *instance;
}

std::string& status() {
  static auto* const instance = new std::string;
  return *instance;
}

/// Waits until something can be written, as a reader that stands still must not keep a program from
/// stopping; 0 or EINTR.
int wait_for_reader(int descriptor) {
  for (;;) {
    pollfd ready{descriptor, POLLOUT, 0};
    if (::poll(&ready, 1, kLookForSignals) > 0) return 0;  // or has failed, as the write will say
    if (signals::requested() != 0) return EINTR;
  }
}

int write_pieces(int descriptor, std::string_view text) {
  while (!text.empty()) {
    if (const int stopped = wait_for_reader(descriptor); stopped != 0) return stopped;
    const ssize_t n = ::write(descriptor, text.data(), std::min(text.size(), kPiece));
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

bool same_terminal(int descriptor) {
  if (descriptor == STDERR_FILENO) return true;
  static const bool stdout_too = ::isatty(STDOUT_FILENO) == 1;
  return stdout_too;
}

/// A line that wraps could not be wiped.
std::string_view fitting(std::string_view line) {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return line.substr(0, known ? size.ws_col - 1u : 79u);
}

}  // namespace

void hold_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number is this one. Opened the wrong way round, for errors where it is used.
    const int way = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (::open("/dev/null", way) == -1) return;
  }
}

int write(int descriptor, std::string_view text) {
  const std::lock_guard lock(mutex());
  const bool over_status = !status().empty() && same_terminal(descriptor);
  if (over_status) static_cast<void>(write_pieces(STDERR_FILENO, kWipe));
  const int failure = write_pieces(descriptor, text);
  if (over_status) static_cast<void>(write_pieces(STDERR_FILENO, fitting(status())));
  return failure;
}

bool can_redraw() {
  static const bool can = [] {
    const char* const kind = std::getenv("TERM");
    return ::isatty(STDERR_FILENO) == 1 && (kind == nullptr || std::string_view(kind) != "dumb");
  }();
  return can;
}

void set_status(std::string line) {
  const std::lock_guard lock(mutex());
  if (line.empty() && status().empty()) return;
  status() = std::move(line);
  static_cast<void>(
      write_pieces(STDERR_FILENO, std::string(kWipe) + std::string(fitting(status()))));
}

}  // namespace dreamer::terminal
