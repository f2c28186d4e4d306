// What the machine offers this process: processors, memory, disk, and what control groups leave of them. Facts only;
// tuning.h draws the conclusions.
//
// Read from: sched_getaffinity, /proc/meminfo, /proc/self/cgroup, and of the process's own control group and of every
// group above it, in version 2 memory.{max,current,stat} and cpu.max, in version 1 memory.{limit_in_bytes,
// usage_in_bytes,stat} and cpu.cfs_{quota,period}_us; the lowest counts. In a container the path in /proc/self/cgroup
// may be the host's, and /sys/fs/cgroup the container's own group: groups that aren't there are passed over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace promfill {

/// Nothing where the system doesn't say, or sets no limit.
struct Machine {
  std::uint32_t cores = 1;                    ///< processors this process may run on, at least 1
  std::optional<double> cpu_quota;            ///< processors' worth of time that the control group may use, such as 1.5
  std::optional<std::uint64_t> memory_bytes;  ///< physical
  std::optional<std::uint64_t> memory_available_bytes;  ///< that can be had without swapping
  std::optional<std::uint64_t> cgroup_memory_bytes;     ///< limit of the control group
  /// What the control group's limit leaves. Pages of files count as free: the kernel gives them back first.
  std::optional<std::uint64_t> cgroup_memory_available_bytes;
  std::optional<std::uint64_t> staging_free_bytes;  ///< of the file system of the staging directory
};

/// @param staging  a directory that needn't be there yet; its nearest ancestor counts.
/// @param root     of the file system with proc and sys; tests give trees of their own.
Machine read_machine(const std::string& staging, const std::string& root = "/");

}  // namespace promfill
