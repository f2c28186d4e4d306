// ULID text: 128 bits as 26 digits of 5 bits, most significant first; the first digit holds only the top 3 bits.
#include "promfill/block.h"

#include <cstddef>

#include "promfill/result.h"

namespace promfill {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";  // Crockford's: no I, L, O, U
constexpr std::size_t kTextChars = 26;
constexpr unsigned kDigitBits = 5;
constexpr unsigned kTimeBits = 48;

}  // namespace

Ulid Ulid::make(Timestamp created, std::array<std::uint8_t, 10> entropy) {
  PROMFILL_ASSERT(created.ms >= 0 && created.ms < (std::int64_t{1} << kTimeBits));
  Ulid ulid;
  for (std::size_t i = 0; i < kTimeBits / 8; ++i) {
    ulid.bytes[i] = static_cast<std::uint8_t>(created.ms >> (kTimeBits - 8 - 8 * i));
  }
  for (std::size_t i = 0; i < entropy.size(); ++i) ulid.bytes[kTimeBits / 8 + i] = entropy[i];
  return ulid;
}

std::optional<Ulid> Ulid::parse(std::string_view text) {
  if (text.size() != kTextChars || text[0] > '7') return std::nullopt;
  Ulid ulid;
  unsigned pending = 0;
  unsigned pending_bits = 0;
  std::size_t filled = 0;
  for (std::size_t i = 0; i < kTextChars; ++i) {
    const std::size_t digit = kAlphabet.find(text[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    pending = (pending << kDigitBits) | static_cast<unsigned>(digit);
    pending_bits += i == 0 ? 3 : kDigitBits;
    if (pending_bits >= 8) {
      pending_bits -= 8;
      ulid.bytes[filled++] = static_cast<std::uint8_t>(pending >> pending_bits);
    }
  }
  PROMFILL_ASSERT(filled == ulid.bytes.size() && pending_bits == 0);
  return ulid;
}

std::string Ulid::text() const {
  std::string out;
  out.reserve(kTextChars);
  unsigned pending = 0;
  unsigned pending_bits = 2;  // 130 bits of digits for 128 of value: two zeros in front
  for (const std::uint8_t byte : bytes) {
    pending = ((pending << 8) | byte) & 0xffff;
    pending_bits += 8;
    while (pending_bits >= kDigitBits) {
      pending_bits -= kDigitBits;
      out += kAlphabet[(pending >> pending_bits) & 31];
    }
  }
  PROMFILL_ASSERT(out.size() == kTextChars);
  return out;
}

Timestamp Ulid::created() const {
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < kTimeBits / 8; ++i) ms = (ms << 8) | bytes[i];
  return {ms};
}

}  // namespace promfill
