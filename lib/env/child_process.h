#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/descriptor.h"

namespace dreamer::env {

/// A program that answers requests over a pair of file descriptors of its own, beside which it may
/// print what it likes: 3, which it reads, and 4, which it writes. Its standard output goes to our
/// standard error. It does not outlive this object; if we are killed, it reads the end of 3.
class ChildProcess {
 public:
  /// @param command the program, found on PATH, and its arguments
  /// @param seconds how long an answer may take
  ChildProcess(const std::vector<std::string>& command, double seconds);
  void set_answer_seconds(double seconds) { seconds_ = seconds; }
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void send(std::span<const std::byte> bytes);
  /// Fills `bytes`.
  /// @throws Error if the program ends or takes too long, signals::Stopped if we are to stop
  void receive(std::span<std::byte> bytes);
  /// Up to the end of a line, which is left out.
  [[nodiscard]] std::string receive_line();

 private:
  /// Some of the bytes that are asked for, at least one.
  std::size_t receive_some(std::span<std::byte> bytes);
  /// How the program ended, in words; ends it if it has not.
  std::string end();

  double seconds_;
  Descriptor socket_;
  pid_t process_ = -1;
  std::vector<std::byte> buffer_;  // received and not yet asked for
};

}  // namespace dreamer::env
