#include "core/memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

namespace dreamer {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();

/// The number in a file; nothing where there is none, such as "max".
std::optional<std::int64_t> number_in(const fs::path& path) {
  std::ifstream file(path);
  std::int64_t value = 0;
  return file >> value ? std::optional(value) : std::nullopt;
}

/// The number behind a name in a file of lines "NAME NUMBER" or "NAME: NUMBER …".
std::int64_t number_named(const fs::path& path, const std::string& name) {
  std::ifstream file(path);
  std::string word;
  while (file >> word) {
    std::int64_t value = 0;
    if (word == name && file >> value) return value;
    file.clear();
    file.ignore(kUnlimited, '\n');
  }
  return 0;
}

/// The names of a version's files.
struct Files {
  const char *limit, *usage, *reclaimable;
};
constexpr Files kVersion1 = {"memory.limit_in_bytes", "memory.usage_in_bytes",
                             "total_inactive_file"};
constexpr Files kVersion2 = {"memory.max", "memory.current", "inactive_file"};

/// What a group and those above it leave. Files that were read and can be read again count as used,
/// but give way.
std::int64_t left_by(const fs::path& root, fs::path group, const Files& files) {
  std::int64_t left = kUnlimited;
  for (;; group = group.parent_path()) {
    const fs::path folder = root / group;
    const auto limit = number_in(folder / files.limit), usage = number_in(folder / files.usage);
    if (limit && usage) {
      const std::int64_t gives_way = number_named(folder / "memory.stat", files.reclaimable);
      left = std::min(left, std::max<std::int64_t>(*limit - *usage + gives_way, 0));
    }
    if (group.empty()) return left;
  }
}

std::int64_t left_by_machine() {
  constexpr std::int64_t kKibi = 1024;
  const fs::path table = "/proc/meminfo";
  const std::int64_t available = number_named(table, "MemAvailable:");
  return available > 0 ? kKibi * (available + number_named(table, "SwapFree:")) : kUnlimited;
}

std::int64_t left_by_address_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kUnlimited;
  const std::int64_t taken = number_in("/proc/self/statm").value_or(0) * ::sysconf(_SC_PAGESIZE);
  return std::max<std::int64_t>(static_cast<std::int64_t>(limit.rlim_cur) - taken, 0);
}

}  // namespace

std::int64_t left_by_control_groups(const fs::path& membership, const fs::path& mount) {
  std::int64_t left = kUnlimited;
  std::ifstream file(membership);
  for (std::string line; std::getline(file, line);) {  // "NUMBER:CONTROLLERS:/GROUP"
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = fs::path(line.substr(second + 1)).relative_path();
    if (controllers.empty()) left = std::min(left, left_by(mount, group, kVersion2));
    if (controllers == "memory") left = std::min(left, left_by(mount / "memory", group, kVersion1));
  }
  return left;
}

std::int64_t available_memory() {
  return std::min({left_by_machine(), left_by_address_limit(),
                   left_by_control_groups("/proc/self/cgroup", "/sys/fs/cgroup")});
}

}  // namespace dreamer
