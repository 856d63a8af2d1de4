#include "core/progress.h"

#include <algorithm>

#include "core/log.h"
#include "core/terminal.h"

namespace dreamer {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kRedraw = std::chrono::milliseconds(200);
constexpr auto kPlainLine = std::chrono::seconds(30);
constexpr int kBarWidth = 24;

std::string duration(double seconds) {
  const auto s = static_cast<long long>(seconds);
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

}  // namespace

Progress::Progress(std::string what, std::int64_t total, std::int64_t done)
    : what_(std::move(what)),
      total_(total),
      first_(done),
      done_(done),
      start_(Clock::now()),
      shown_(start_),
      terminal_(terminal::can_redraw()) {}

Progress::~Progress() {
  if (drawn_) terminal::set_status("");
}

void Progress::advance(std::int64_t n, const std::string& note) {
  const std::lock_guard lock(mutex_);
  done_ += n;
  if (log::level() == log::Level::quiet) return;
  const auto now = Clock::now();
  if (now - shown_ < (terminal_ ? Clock::duration(kRedraw) : Clock::duration(kPlainLine))) return;
  shown_ = now;
  show(note);
}

void Progress::show(const std::string& note) {
  const double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
  const double rate = static_cast<double>(done_ - first_) / std::max(elapsed, 1e-9);
  const double left = rate > 0 ? static_cast<double>(total_ - done_) / rate : 0;
  const std::string figures =
      total_ == 0
          ? fmt::format("{} {}, {:.3g}/s{}{}", done_, what_, rate, note.empty() ? "" : ", ", note)
          : fmt::format("{}/{} {}, {:.3g}/s, {} left{}{}", done_, total_, what_, rate,
                        duration(left), note.empty() ? "" : ", ", note);
  if (!terminal_) {
    log::line(figures);
    return;
  }
  const auto full = static_cast<std::size_t>(
      std::clamp<std::int64_t>(total_ > 0 ? kBarWidth * done_ / total_ : 0, 0, kBarWidth));
  terminal::set_status(fmt::format("[{}{}] {}", std::string(full, '#'),
                                   std::string(kBarWidth - full, '.'), figures));
  drawn_ = true;
}

}  // namespace dreamer
