#include "ops/kernels.h"

#include <atomic>
#include <cstdlib>
#include <string_view>

#include "core/error.h"

namespace dreamer::ops {
namespace {

Kernels asked_for() {
  const char* const set = std::getenv("DREAMER_KERNELS");
  const std::string_view name = set == nullptr ? "" : set;
  if (name.empty() || name == "fast") return Kernels::fast;
  if (name == "reference") return Kernels::reference;
  throw usage_error("DREAMER_KERNELS={}: must be fast or reference; or unset it", name);
}

std::atomic<Kernels>& chosen() {
  static std::atomic<Kernels> kernels = asked_for();
  return kernels;
}

}  // namespace

Kernels kernels() { return chosen().load(std::memory_order_relaxed); }

void use_kernels(Kernels kernels) { chosen() = kernels; }

}  // namespace dreamer::ops
