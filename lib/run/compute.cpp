#include "run/compute.h"

#include <malloc.h>
#include <sys/mman.h>

#include <cstdlib>
#include <filesystem>

#include "core/error.h"
#include "core/log.h"
#include "core/processors.h"
#include "core/random.h"

namespace dreamer {

namespace {

// Keeps the memory of an update for the next one, in pages of 2 MB where the system has them:
// fetched again each time, page faults cost more than some layers.
void keep_memory() {
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
  // The heap grows to what an update may need, by addresses only: memory it takes as it is used.
  constexpr std::size_t kAddresses = std::size_t{2} << 30U, kHugePage = std::size_t{2} << 20U;
  void* const heap = std::malloc(kAddresses);
  if (heap == nullptr) return;  // a limit on addresses: small pages will do
  const auto begin = reinterpret_cast<std::uintptr_t>(heap);
  const std::uintptr_t first = (begin + kHugePage - 1) / kHugePage * kHugePage,
                       last = (begin + kAddresses) / kHugePage * kHugePage;
  std::free(heap);
  // Advice: a system that does not take it continues as before.
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address, rounded to pages
  static_cast<void>(madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE));
#endif
}

// Whether NVIDIA's driver offers a device here.
bool gpu_in_machine() {
  std::error_code none;
  return std::filesystem::exists("/dev/nvidia0", none);
}

}  // namespace

torch::Device set_up(const Compute& compute) {
  keep_memory();
  const std::int64_t threads = compute.threads > 0 ? compute.threads : default_threads();
  at::set_num_threads(static_cast<int>(threads));
  // Asked for, the number is settled for this thread, whatever others set for theirs.
  static_cast<void>(at::get_num_threads());

  const bool gpu = torch::cuda::is_available();
  torch::Device device(torch::kCPU);
  if (compute.device == "auto") {
    if (gpu) device = torch::Device(torch::kCUDA, 0);
  } else {
    try {
      device = torch::Device(compute.device);
    } catch (const c10::Error&) {
      throw usage_error("--device {}: must be auto, cpu or cuda[:N]", compute.device);
    }
    if (device.is_cuda() && !gpu)
      throw usage_error("--device {}: this LibTorch sees no GPU; use cpu", compute.device);
    if (device.is_cuda() && device.has_index() && device.index() >= torch::cuda::device_count())
      throw usage_error("--device {}: LibTorch sees {} GPUs, the first is cuda:0", compute.device,
                        torch::cuda::device_count());
    if (!device.is_cuda() && !device.is_cpu())
      throw usage_error("--device {}: must be auto, cpu or cuda[:N]", compute.device);
  }
  // Of its own accord cuDNN rounds the inputs of float32 convolutions to ten bits (TF32): gradients
  // would then agree with the reference to 5 % only, not to 1e-4.
  if (device.is_cuda()) at::globalContext().setAllowTF32CuDNN(false);
  // Whoever left the choice to us hears of a GPU, taken or not: it decides how long a fit takes.
  const std::string line = fmt::format("computing on {} with {} threads", device.str(), threads);
  if (compute.device == "auto" && gpu)
    log::info("{}", line);
  else if (compute.device == "auto" && gpu_in_machine())
    log::info("{}: LibTorch does not see this machine's GPU; give --device cpu if that is meant",
              line);
  else
    log::verbose("{}", line);
  return device;
}

void seed_parameters(std::int64_t seed, std::string_view what) {
  torch::manual_seed(derive_seed(static_cast<std::uint64_t>(seed), what));
}

}  // namespace dreamer
