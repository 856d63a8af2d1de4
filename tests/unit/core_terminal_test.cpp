#include "core/terminal.h"

#include <fcntl.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "core/log.h"
#include "core/output.h"

namespace dreamer {
namespace {

/// What a process of its own writes on its terminal, which is both stdout and stderr.
std::string on_terminal(const std::function<void()>& body) {
  int master = -1;
  winsize size{};
  size.ws_col = 20;
  size.ws_row = 10;
  termios plain{};
  cfmakeraw(&plain);
  const pid_t child = ::forkpty(&master, nullptr, &plain, &size);
  if (child == 0) {
    body();
    ::_exit(0);
  }
  std::string text;
  char piece[256];
  for (ssize_t n; (n = ::read(master, piece, sizeof piece)) > 0;)
    text.append(piece, static_cast<std::size_t>(n));
  ::close(master);
  ::waitpid(child, nullptr, 0);
  return text;
}

TEST(Terminal, DataWipesTheStatusLineAndThenItStandsAgain) {
  const std::string text = on_terminal([] {
    terminal::set_status("[##..]");
    emit_text("data\n");
    log::line("message");
    terminal::set_status("");
  });
  EXPECT_EQ(text,
            "\r\033[K[##..]"
            "\r\033[Kdata\n[##..]"
            "\r\033[Kdreamer: message\n[##..]"
            "\r\033[K");
}

TEST(Terminal, AStatusLineIsCutBeforeItWraps) {
  const std::string text =
      on_terminal([] { terminal::set_status("0123456789012345678901234567890123456789"); });
  EXPECT_EQ(text, "\r\033[K0123456789012345678");
}

TEST(Terminal, WithoutAStatusLineNothingIsWiped) {
  EXPECT_EQ(on_terminal([] { emit_text("data\n"); }), "data\n");
}

/// A process whose stdout is a pipe that does not block; what arrives there.
TEST(Terminal, AFullPipeThatDoesNotBlockIsWaitedFor) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  constexpr std::size_t kLength = 300000;  // pipes hold 65536
  const pid_t child = ::fork();
  if (child == 0) {
    ::fcntl(pipe[1], F_SETFL, O_NONBLOCK);
    ::dup2(pipe[1], STDOUT_FILENO);
    ::_exit(terminal::write(STDOUT_FILENO, std::string(kLength, 'x')));
  }
  ::close(pipe[1]);
  std::size_t arrived = 0;
  char piece[4096];
  for (ssize_t n; (n = ::read(pipe[0], piece, sizeof piece)) > 0;)
    arrived += static_cast<std::size_t>(n);
  ::close(pipe[0]);
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(arrived, kLength);
}

TEST(Terminal, ClosedStandardDescriptorsAreHeldAndFail) {
  const pid_t child = ::fork();
  if (child == 0) {
    for (int fd = 0; fd < 3; ++fd) ::close(fd);
    terminal::hold_standard_descriptors();
    char byte = 0;
    const bool held = ::dup(0) > 2 && terminal::write(STDOUT_FILENO, "x") == EBADF &&
                      ::read(STDIN_FILENO, &byte, 1) == -1;
    ::_exit(held ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace dreamer
