#include "core/signals.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <thread>

namespace dreamer::signals {
namespace {

// A terminal that closes, batch systems' warnings before they kill, the end of a CPU limit.
constexpr std::array kEnding = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU};
constexpr std::int64_t kDeliberate = 2'000'000'000;  // ns after the first signal

// Written by the handler, read by all threads.
std::atomic<int> g_requested = 0;
std::atomic<std::int64_t> g_requested_at = 0;  // ns
std::atomic<int> g_saving = 0;
static_assert(std::atomic<int>::is_always_lock_free &&
                  std::atomic<std::int64_t>::is_always_lock_free,
              "a signal handler may take no lock");

std::mutex g_scopes_mutex;
int g_scopes = 0;
std::array<struct sigaction, kEnding.size()> g_before;

std::int64_t now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);  // may be called in a handler
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

void handle(int signal) {
  const std::int64_t at = now();
  int none = 0;
  if (g_requested.compare_exchange_strong(none, signal)) {
    g_requested_at = at;
    return;
  }
  const std::int64_t first = g_requested_at;  // 0: the first is being handled by another thread
  if (signal != SIGINT || first == 0 || at - first < kDeliberate || g_saving > 0) return;
  std::signal(signal, SIG_DFL);
  ::raise(signal);
}

}  // namespace

void install() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

StopRequests::StopRequests() {
  const std::lock_guard lock(g_scopes_mutex);
  if (g_scopes++ > 0) return;
  struct sigaction action {};
  action.sa_handler = handle;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_NODEFER;  // so that raise() in the handler is delivered at once
  for (std::size_t i = 0; i < kEnding.size(); ++i) {
    sigaction(kEnding[i], nullptr, &g_before[i]);
    if (g_before[i].sa_handler != SIG_IGN) sigaction(kEnding[i], &action, nullptr);
  }
}

StopRequests::~StopRequests() {
  const std::lock_guard lock(g_scopes_mutex);
  if (--g_scopes > 0) return;
  for (std::size_t i = 0; i < kEnding.size(); ++i) sigaction(kEnding[i], &g_before[i], nullptr);
}

SaveInProgress::SaveInProgress() { ++g_saving; }

SaveInProgress::~SaveInProgress() { --g_saving; }

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
  const rlimit no_core{};  // SIGXCPU would leave one
  ::setrlimit(RLIMIT_CORE, &no_core);
  std::signal(signal, SIG_DFL);
  ::raise(signal);
  std::_Exit(128 + signal);
}

}  // namespace dreamer::signals
