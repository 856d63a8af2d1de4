#include "io/crash.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>

#include "core/error.h"
#include "core/log.h"

namespace dreamer::io {
namespace {

struct Crash {
  int signal;
  struct sigaction before;
};
std::array<Crash, 4> g_crashes{{{SIGSEGV, {}}, {SIGBUS, {}}, {SIGFPE, {}}, {SIGABRT, {}}}};

thread_local std::string_view t_file;  // that HDF5 reads in this thread
std::atomic<const char*> g_remove = nullptr;

/// A line put together without taking memory, of which there may be none that is whole.
class Line {
 public:
  void add(std::string_view text) {
    const std::size_t n = std::min(text.size(), text_.size() - 1 - size_);
    // What would end the line or move the cursor is shown as a question mark.
    std::ranges::replace_copy_if(
        text.substr(0, n), text_.begin() + static_cast<std::ptrdiff_t>(size_),
        [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }, '?');
    size_ += n;
  }
  void write() {
    text_[size_] = '\n';
    [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, text_.data(), size_ + 1);
  }

 private:
  std::array<char, 6000> text_{};  // more than the longest path
  std::size_t size_ = 0;
};

void handle(int signal) {
  if (!t_file.empty()) {
    Line line;
    for (const std::string_view part :
         {std::string_view(log::program()), std::string_view(": error: "), t_file,
          std::string_view(": the HDF5 library crashes on this file, which is damaged or made to "
                           "do so; copy or make it again")})
      line.add(part);
    line.write();
    if (const char* path = g_remove; path != nullptr) ::unlink(path);
    ::_exit(static_cast<int>(ExitCode::failed));
  }
  // Ours: what failed is done once more and ends as it would have without this function.
  for (const Crash& crash : g_crashes)
    if (crash.signal == signal) ::sigaction(signal, &crash.before, nullptr);
}

}  // namespace

void report_crashes_of_hdf5() {
  // A stack that recursion has used up has no room for a handler.
  static std::array<std::byte, 65536> stack;
  const stack_t other{stack.data(), 0, stack.size()};
  ::sigaltstack(&other, nullptr);
  struct sigaction action {};
  action.sa_handler = handle;
  action.sa_flags = SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (Crash& crash : g_crashes) ::sigaction(crash.signal, &action, &crash.before);
}

void remove_on_crash(const char* path) { g_remove = path; }

InsideHdf5::InsideHdf5(std::string_view file) : outer_(t_file) {
  if (!file.empty()) t_file = file;
}

InsideHdf5::~InsideHdf5() { t_file = outer_; }

}  // namespace dreamer::io
