// See process_usage.h.
#include "resource/process_usage.h"

#include <malloc.h>
#include <sys/resource.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace promfill {
namespace {

/// VmHWM of this process: getrusage's figure also counts what the parent had when this process was started from it.
std::uint64_t peak_resident_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  }
  return 0;
}

}  // namespace

ProcessUsage process_usage() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return {};
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  const std::uint64_t peak = peak_resident_bytes();
  return {seconds(usage.ru_utime) + seconds(usage.ru_stime),
          peak != 0 ? peak : static_cast<std::uint64_t>(usage.ru_maxrss) * 1024};
}

void return_freed_memory() {
  // A sanitizer puts another allocator in its place.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  ::malloc_trim(0);
#endif
}

}  // namespace promfill
