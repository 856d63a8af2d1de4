#pragma once

#include <cstdint>
#include <filesystem>

namespace dreamer {

/// Bytes of memory that this process can still take: the least of what the machine has available,
/// what its control groups (version 1 or 2) leave, and what its limit on addresses (ulimit -v)
/// leaves.
[[nodiscard]] std::int64_t available_memory();

/// What the control groups leave.
/// @param membership as in /proc/self/cgroup
/// @param mount      where they are mounted: /sys/fs/cgroup
/// @return the largest number where there is no limit
[[nodiscard]] std::int64_t left_by_control_groups(const std::filesystem::path& membership,
                                                  const std::filesystem::path& mount);

}  // namespace dreamer
