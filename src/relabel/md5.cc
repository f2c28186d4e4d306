// See md5.h. The text is padded to whole blocks of 64 bytes: a bit, zeros, its length in bits; each block is mixed into
// four words in 64 steps.
#include "relabel/md5.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <string>

namespace promfill {
namespace {

constexpr std::size_t kBlockBytes = 64;
constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kSteps = 64;

using Words = std::array<std::uint32_t, 4>;

/// RFC 1321, 3.4: the i-th is the whole part of 2³² · |sin(i + 1)|.
const std::array<std::uint32_t, kSteps>& sines() {
  static const auto table = [] {
    std::array<std::uint32_t, kSteps> values{};
    for (std::size_t i = 0; i < kSteps; ++i) {
      values[i] = static_cast<std::uint32_t>(std::abs(std::sin(static_cast<double>(i + 1))) * 0x1p32);
    }
    return values;
  }();
  return table;
}

std::uint32_t load_le32(const char* bytes) {
  std::uint32_t word = 0;
  for (unsigned i = 0; i < 4; ++i) word |= std::uint32_t{static_cast<std::uint8_t>(bytes[i])} << (8 * i);
  return word;
}

void mix_block(const char* block, Words& state) {
  static constexpr int kTurns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  auto [a, b, c, d] = state;
  for (std::size_t i = 0; i < kSteps; ++i) {
    const std::size_t round = i / 16;
    const std::uint32_t f = round == 0   ? (b & c) | (~b & d)
                            : round == 1 ? (b & d) | (c & ~d)
                            : round == 2 ? b ^ c ^ d
                                         : c ^ (b | ~d);
    const std::size_t word = (round == 0 ? i : round == 1 ? 5 * i + 1 : round == 2 ? 3 * i + 5 : 7 * i) % 16;
    const std::uint32_t sum = a + f + sines()[i] + load_le32(block + 4 * word);
    a = d;
    d = c;
    c = b;
    b += std::rotl(sum, kTurns[round][i % 4]);
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
}

}  // namespace

std::array<std::uint8_t, 16> md5(std::string_view text) {
  Words state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  std::string padded(text);
  padded += '\x80';
  padded.resize((padded.size() + kLengthBytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes - kLengthBytes);
  const std::uint64_t bits = std::uint64_t{text.size()} * 8;
  for (unsigned i = 0; i < kLengthBytes; ++i) padded += static_cast<char>(bits >> (8 * i));
  for (std::size_t at = 0; at < padded.size(); at += kBlockBytes) mix_block(padded.data() + at, state);
  std::array<std::uint8_t, 16> sum{};
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = static_cast<std::uint8_t>(state[i / 4] >> (8 * (i % 4)));
  return sum;
}

}  // namespace promfill
