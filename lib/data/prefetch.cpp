#include "data/prefetch.h"

#include <algorithm>
#include <chrono>

namespace dreamer::data {

Prefetcher::Prefetcher(const Replay& replay, const RandomStream& stream,
                       const PrefetchOptions& options)
    : replay_(replay),
      stream_(stream),
      options_(options),
      claimed_(options.first_update),
      delivered_(options.first_update) {
  for (int i = 0; i < std::max(options.threads, 1); ++i) threads_.emplace_back([this] { work(); });
}

Prefetcher::~Prefetcher() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  room_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Prefetcher::work() {
  const auto depth = static_cast<std::uint64_t>(std::max(options_.depth, 1));
  for (;;) {
    std::uint64_t update = 0;
    {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [&] { return stop_ || claimed_ < delivered_ + depth; });
      if (stop_) return;
      update = claimed_++;
    }
    std::variant<Batch, std::exception_ptr> result;
    try {
      result = replay_.sample(options_.batch, options_.length, stream_, update);
    } catch (...) {
      result = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    done_[update] = std::move(result);
    ready_.notify_all();
  }
}

Batch Prefetcher::next() {
  const auto start = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  ready_.wait(lock, [&] { return done_.contains(delivered_); });
  auto result = std::move(done_.extract(delivered_).mapped());
  ++delivered_;
  lock.unlock();
  room_.notify_all();
  seconds_waited_ +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (auto* const failure = std::get_if<std::exception_ptr>(&result))
    std::rethrow_exception(*failure);
  return std::get<Batch>(std::move(result));
}

}  // namespace dreamer::data
