// What the machine offers: the defaults of threads and memory.
#pragma once

#include <cstdint>

namespace promfill {

/// Processors this process may run on, at least 1.
[[nodiscard]] std::uint32_t machine_cores();
/// Physical memory, or the limit of a container where that is lower; 0 where unknown.
[[nodiscard]] std::uint64_t machine_memory_bytes();

}  // namespace promfill
