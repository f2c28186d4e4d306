// ULID: a block's name. 48 bits of wall-clock milliseconds, 80 bits of entropy, as 26 characters of Crockford base32.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "promfill/time.h"

namespace promfill {

struct Ulid {
  std::array<std::uint8_t, 16> bytes{};

  /// @param created  0 ≤ ms < 2^48 (asserted): when the block was made, never the time of its samples.
  static Ulid make(Timestamp created, std::array<std::uint8_t, 10> entropy);
  /// Strict: 26 upper-case characters of the alphabet, no overflow.
  static std::optional<Ulid> parse(std::string_view text);

  [[nodiscard]] std::string text() const;
  [[nodiscard]] Timestamp created() const;
  friend auto operator<=>(const Ulid&, const Ulid&) = default;
};

}  // namespace promfill
