#pragma once

#include <cstdint>
#include <filesystem>

namespace dreamer {

/// How many cores this process may keep busy: those of its CPU affinity mask (taskset, Slurm,
/// cpusets), or fewer where a cgroup grants it less time (docker --cpus, Kubernetes). At least 1.
[[nodiscard]] std::int64_t usable_cores();

/// Threads to compute with where the user says nothing: what OMP_NUM_THREADS says, else one for
/// each usable core.
/// @throws Error (usage) if OMP_NUM_THREADS is no list of positive integers
[[nodiscard]] std::int64_t default_threads();

/// The cores' worth of time that the cgroup of this process and those above it grant, rounded up; a
/// very large number without a limit. Versions 1 and 2.
/// @param root where proc/self/cgroup and sys/fs/cgroup lie
[[nodiscard]] std::int64_t cores_of_cgroup(const std::filesystem::path& root = "/");

}  // namespace dreamer
