#include "core/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

namespace dreamer {
namespace {

TEST(Workers, RunEachInAThreadOfItsOwn) {
  std::mutex mutex;
  std::set<std::int64_t> numbers;
  std::set<std::thread::id> threads;
  std::atomic<int> arrived = 0;
  Workers().run(3, [&](std::int64_t i) {
    ++arrived;
    while (arrived < 3) std::this_thread::yield();  // ends only if all run at once
    const std::lock_guard lock(mutex);
    numbers.insert(i);
    threads.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(numbers, (std::set<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(threads.size(), 3);
}

TEST(Workers, StopWhenOneFailsAndThrowWhatItThrew) {
  Workers workers;
  try {
    workers.run(2, [&](std::int64_t i) {
      if (i == 1) throw std::runtime_error("the disk is full");
      while (!workers.failed()) std::this_thread::yield();
      throw std::runtime_error("a later failure");
    });
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& e) {
    EXPECT_EQ(std::string(e.what()), "the disk is full");
  }
}

}  // namespace
}  // namespace dreamer
