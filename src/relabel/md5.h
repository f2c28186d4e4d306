// MD5 (RFC 1321), which Prometheus's hashmod spreads series by. Not for anything that has to be secret.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace promfill {

[[nodiscard]] std::array<std::uint8_t, 16> md5(std::string_view text);

}  // namespace promfill
