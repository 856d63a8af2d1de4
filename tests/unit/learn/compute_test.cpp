#include "run/compute.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <set>
#include <string>
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

// A second runtime has threads of its own, which at::set_num_threads does not reach.
TEST(Compute, OneOpenMpRuntimeServesLibTorchAndUs) {
  torch::ones({1 << 20}).sum();
  std::set<std::string> runtimes;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (const auto slash = line.rfind('/'); slash != std::string::npos)
      for (const char* name : {"/libgomp", "/libiomp", "/libomp"})
        if (line.compare(slash, std::strlen(name), name) == 0)
          runtimes.insert(line.substr(line.find('/')));
  EXPECT_EQ(runtimes.size(), 1U) << testing::PrintToString(runtimes);
}

}  // namespace
}  // namespace dreamer
