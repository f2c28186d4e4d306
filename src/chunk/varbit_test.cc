// Goal: every border of the varbit codes has Prometheus's bits, and comes back.
#include "chunk/varbit.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace promfill {
namespace {

std::string bits_of(const BitWriter& writer, unsigned count) {
  std::string text;
  for (unsigned i = 0; i < count; ++i) text += (writer.view()[i / 8] >> (7 - i % 8) & 1) != 0 ? '1' : '0';
  return text;
}

TEST(Varbit, SignedClassesEndAtThePowerOfTwo) {
  struct Case {
    std::int64_t number;
    unsigned prefix;
    unsigned size;
  };
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  constexpr Case kCases[] = {{0, 1, 0},
                             {1, 2, 3},
                             {4, 2, 3},
                             {-3, 2, 3},
                             {5, 3, 6},
                             {-4, 3, 6},
                             {32, 3, 6},
                             {-31, 3, 6},
                             {33, 4, 9},
                             {256, 4, 9},
                             {257, 5, 12},
                             {2048, 5, 12},
                             {-2047, 5, 12},
                             {-2048, 6, 18},
                             {131072, 6, 18},
                             {131073, 7, 25},
                             {1 << 24, 7, 25},
                             {(1 << 24) + 1, 8, 56},
                             {std::int64_t{1} << 55, 8, 56},
                             {(std::int64_t{1} << 55) + 1, 8, 64},
                             {kMin, 8, 64},
                             {kMin + 1, 8, 64}};
  for (const Case& one : kCases) {
    BitWriter writer;
    put_varbit(writer, one.number);
    writer.bits(1, 1);  // ends the last byte's zeros
    EXPECT_EQ(writer.size(), (one.prefix + one.size + 1 + 7) / 8) << one.number;
    EXPECT_EQ(bits_of(writer, one.prefix + one.size + 1).back(), '1') << one.number;
    BitReader reader(writer.view());
    EXPECT_EQ(read_varbit(reader), one.number);
    EXPECT_EQ(reader.position(), one.prefix + one.size);
  }
}

TEST(Varbit, UnsignedClassesHoldAllNumbersBelowThePowerOfTwo) {
  for (const unsigned size : {3U, 6U, 9U, 12U, 18U, 25U, 56U}) {
    const std::uint64_t end = std::uint64_t{1} << size;
    for (const std::uint64_t number : {end - 1, end}) {
      BitWriter writer;
      put_uvarbit(writer, number);
      BitReader reader(writer.view());
      EXPECT_EQ(read_uvarbit(reader), number);
      unsigned found = 0;
      BitReader again(writer.view());
      read_varbit_class(again, found);
      EXPECT_EQ(found == size, number == end - 1) << number;
    }
  }
}

TEST(Varbit, ShortCodesAreThoseOfPositiveNumbers) {
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uint64_t power = std::uint64_t{1} << bit;
    for (const std::uint64_t number : {power - 1, power, power + 1}) {
      if (number == 0) continue;
      const Varbit code = varbit_of(static_cast<std::int64_t>(number));
      const ShortVarbit in_short = short_varbit_of(number);
      if (code.size > 25) {
        EXPECT_EQ(in_short.count, 0U) << number;
        continue;
      }
      EXPECT_EQ(in_short.count, code.prefix_bits + code.size) << number;
      EXPECT_EQ(in_short.bits, (code.prefix << code.size) | code.bits) << number;
    }
  }
}

TEST(Varbit, ReadsNothingPastTheEnd) {
  BitWriter writer;
  put_varbit(writer, 1'000'000);
  BitReader reader(writer.view().first(2));
  read_varbit(reader);
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace promfill
