#include "env/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "core/error.h"
#include "core/signals.h"

namespace dreamer::env {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRequests = 3, kReplies = 4;  // in the child
constexpr int kAbove = 10;                  // our own descriptors: clear of those
constexpr int kSlice = 100;                 // milliseconds between looks for a signal
constexpr std::size_t kLongestLine = std::size_t{1} << 24;
constexpr double kGrace = 2;  // seconds that a step may still take after a signal

Descriptor above(int fd) {
  const Descriptor given(fd);
  Descriptor moved(::fcntl(given, F_DUPFD_CLOEXEC, kAbove));
  if (moved < 0) throw error("no further file can be opened: {}", std::strerror(errno));
  return moved;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command, double seconds)
    : seconds_(seconds) {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
    throw error("no socket can be opened: {}", std::strerror(errno));
  const Descriptor theirs = above(pair[1]);
  socket_ = above(pair[0]);

  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, theirs, kRequests);
  ::posix_spawn_file_actions_adddup2(&files, theirs, kReplies);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  // A group of its own: the keys that interrupt us are not for it, and what it starts ends with it.
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  sigset_t defaults;
  ::sigemptyset(&defaults);
  ::sigaddset(&defaults, SIGPIPE);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);

  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const int failed =
      ::posix_spawnp(&process_, words.front(), &files, &attributes, words.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  if (failed != 0) {
    process_ = -1;
    throw error("{} cannot be started: {}", command.front(), std::strerror(failed));
  }
}

ChildProcess::~ChildProcess() { static_cast<void>(end()); }

std::string ChildProcess::end() {
  if (process_ < 0) return "has ended";
  socket_ = Descriptor();
  // One that ends by itself is given the time to say how.
  int status = 0;
  pid_t ended = 0;
  for (int i = 0; i < kSlice && ended == 0; ++i) {
    ended = ::waitpid(process_, &status, WNOHANG);
    if (ended == 0) ::usleep(1000);
  }
  ::kill(-process_, SIGKILL);
  if (ended == 0) {
    uninterrupted([&] { return ::waitpid(process_, &status, 0); });
    process_ = -1;
    return "was ended";
  }
  process_ = -1;
  if (WIFSIGNALED(status)) return fmt::format("was killed by signal {}", WTERMSIG(status));
  return fmt::format("ended with status {}", WEXITSTATUS(status));
}

void ChildProcess::send(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto sent =
        uninterrupted([&] { return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
    if (sent < 0) throw error("its program {}", end());
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
}

std::size_t ChildProcess::receive_some(std::span<std::byte> bytes) {
  const auto begun = Clock::now();
  const auto since = [&] { return std::chrono::duration<double>(Clock::now() - begun).count(); };
  for (;;) {
    pollfd wanted{.fd = socket_, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&wanted, 1, kSlice);
    if (ready > 0) {
      const auto got =
          uninterrupted([&] { return ::recv(socket_, bytes.data(), bytes.size(), 0); });
      if (got <= 0) throw error("its program {}", end());
      return static_cast<std::size_t>(got);
    }
    if (signals::requested() != 0 && since() > kGrace) {
      static_cast<void>(end());
      throw signals::Stopped();
    }
    if (since() > seconds_) {
      static_cast<void>(end());
      throw error("its program did not answer within {:g} seconds, and was ended", seconds_);
    }
  }
}

void ChildProcess::receive(std::span<std::byte> bytes) {
  const std::size_t kept = std::min(bytes.size(), buffer_.size());
  std::copy_n(buffer_.begin(), kept, bytes.begin());
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(kept));
  bytes = bytes.subspan(kept);
  while (!bytes.empty()) bytes = bytes.subspan(receive_some(bytes));
}

std::string ChildProcess::receive_line() {
  for (;;) {
    const auto end_of_line = std::ranges::find(buffer_, std::byte{'\n'});
    if (end_of_line != buffer_.end()) {
      std::string line;
      std::transform(buffer_.begin(), end_of_line, std::back_inserter(line),
                     [](std::byte b) { return static_cast<char>(b); });
      buffer_.erase(buffer_.begin(), end_of_line + 1);
      return line;
    }
    if (buffer_.size() > kLongestLine) throw error("the first line of its program has no end");
    std::array<std::byte, 4096> some{};
    const std::size_t got = receive_some(some);
    buffer_.insert(buffer_.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(got));
  }
}

}  // namespace dreamer::env
