#include "train/compute.h"

#include <gtest/gtest.h>

#include <thread>

namespace dreamer {
namespace {

// Environments act with one thread of arithmetic each while updates use all.
TEST(Compute, ThreadsThatOthersTakeLeaveOursAlone) {
  const int before = at::get_num_threads();
  static_cast<void>(set_up({.threads = 2, .device = "cpu"}));
  std::jthread([] {
    at::set_num_threads(1);
    EXPECT_EQ(at::get_num_threads(), 1);
  }).join();
  EXPECT_EQ(at::get_num_threads(), 2);
  at::set_num_threads(before);
}

}  // namespace
}  // namespace dreamer
