#include "learner/learner.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "core/companion.h"
#include "core/processors.h"

namespace dreamer {
namespace {

using Entry = const Learner* (*)();

// Ends the process before LibTorch's own destructors: they give back piece by piece, in a tenth of
// a second, what the system takes back at once. Not where a sanitizer still has to look for leaks.
void leave_at_exit() {
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
  on_exit(
      [](int status, void*) {
        std::cout.flush();
        std::fflush(nullptr);
        std::_Exit(status);
      },
      nullptr);
#endif
}

const Learner& open_library() {
  static_cast<void>(default_threads());  // refuses what the OpenMP runtime would make something of
  // Read by the OpenMP runtime and MKL as they are loaded. A thread that waits spins for some
  // microseconds, which spares small models the wake-ups, a sixth of their time; then it sleeps:
  // programs that share a machine otherwise spin at each other's barriers. MKL must not choose its
  // thread count by load, or sums change from run to run.
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) setenv("GOMP_SPINCOUNT", "1000", /*overwrite=*/0);
  setenv("MKL_DYNAMIC", "FALSE", /*overwrite=*/0);

  // Lazily: of LibTorch's tens of thousands of functions few are called.
  const auto entry =
      reinterpret_cast<Entry>(companion_symbol("learn", "dreamer_learner", "the learning library",
                                               "rebuild, or reinstall LibTorch", Binding::lazy));
  leave_at_exit();
  return *entry();
}

}  // namespace

const Learner& learner() {
  static const Learner& opened = open_library();
  return opened;
}

}  // namespace dreamer
