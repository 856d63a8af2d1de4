#include "core/processors.h"

#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/number.h"

namespace dreamer {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

std::int64_t cores_of_affinity() {
  // The kernel refuses a mask that is smaller than its own.
  for (int cores = 1024; cores <= 1 << 20; cores *= 2) {
    cpu_set_t* const mask = CPU_ALLOC(cores);
    const std::size_t size = CPU_ALLOC_SIZE(cores);
    const bool read = mask != nullptr && sched_getaffinity(0, size, mask) == 0;
    const std::int64_t count = read ? CPU_COUNT_S(size, mask) : 0;
    CPU_FREE(mask);
    if (count > 0) return count;
  }
  return std::max<std::int64_t>(1, std::thread::hardware_concurrency());
}

// The words of a small file; none if it cannot be read.
std::vector<std::string> words_of(const fs::path& path) {
  std::ifstream file(path);
  std::vector<std::string> words;
  for (std::string word; file >> word;) words.push_back(word);
  return words;
}

std::int64_t rounded_up(const std::string& quota, const std::string& period) {
  const auto q = parse_integer(quota), p = parse_integer(period);  // "max" and -1: no limit
  if (!q || !p || *q <= 0 || *p <= 0) return kNoLimit;
  return (*q - 1) / *p + 1;
}

// One of cgroup's folders: version 2 has cpu.max, version 1 a file for each of the numbers.
std::int64_t cores_of_folder(const fs::path& folder) {
  if (const auto max = words_of(folder / "cpu.max"); max.size() == 2)
    return rounded_up(max[0], max[1]);
  const auto quota = words_of(folder / "cpu.cfs_quota_us"),
             period = words_of(folder / "cpu.cfs_period_us");
  return quota.size() == 1 && period.size() == 1 ? rounded_up(quota[0], period[0]) : kNoLimit;
}

}  // namespace

std::int64_t cores_of_cgroup(const fs::path& root) {
  std::int64_t cores = kNoLimit;
  std::ifstream memberships(root / "proc/self/cgroup");
  // Lines of "number:controllers:/path"; version 2 has number 0 and names no controllers.
  for (std::string line; std::getline(memberships, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool time = ("," + controllers + ",").find(",cpu,") != std::string::npos;
    if (!controllers.empty() && !time) continue;
    // The limits of all folders above hold too. In a container the path may be one of the host's,
    // of which nothing is seen here but the container's own part, mounted as the topmost folder.
    for (const char* mount : {"", "unified", "cpu", "cpu,cpuacct", "cpuacct,cpu"})
      for (fs::path path = fs::path(line.substr(second + 1)).relative_path();;
           path = path.parent_path()) {
        cores = std::min(cores, cores_of_folder(root / "sys/fs/cgroup" / mount / path));
        if (path.empty()) break;
      }
  }
  return cores;
}

std::int64_t usable_cores() {
  return std::max<std::int64_t>(1, std::min(cores_of_affinity(), cores_of_cgroup()));
}

std::int64_t default_threads() {
  const char* const variable = std::getenv("OMP_NUM_THREADS");
  const std::string wanted = variable == nullptr ? "" : variable;
  if (wanted.empty()) return usable_cores();
  // A number for each level of nesting; ours is the first.
  const auto threads = parse_integer(wanted.substr(0, wanted.find(',')));
  if (!threads || *threads < 1 || *threads > 4096)
    throw usage_error("OMP_NUM_THREADS={}: must begin with an integer from 1 to 4096; or unset it",
                      wanted);
  return *threads;
}

}  // namespace dreamer
