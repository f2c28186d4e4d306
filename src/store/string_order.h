// The order of many byte strings: sorted eight bytes at a time as one word, and only what is equal so far goes on.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace promfill {

/// Positions of `strings` in byte order; equal strings in any order.
[[nodiscard]] std::vector<std::uint32_t> order_of_strings(std::span<const std::string_view> strings);

}  // namespace promfill
