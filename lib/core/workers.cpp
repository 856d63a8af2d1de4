#include "core/workers.h"

#include <thread>
#include <utility>
#include <vector>

namespace dreamer {

void Workers::run(std::int64_t count, const std::function<void(std::int64_t)>& work) {
  {
    std::vector<std::jthread> threads;
    for (std::int64_t i = 0; i < count; ++i)
      threads.emplace_back([this, &work, i] {
        try {
          work(i);
        } catch (...) {
          fail(std::current_exception());
        }
      });
  }
  if (failure_) std::rethrow_exception(failure_);
}

void Workers::fail(std::exception_ptr failure) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(failure);
  failed_ = true;
}

}  // namespace dreamer
