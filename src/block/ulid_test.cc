// ULIDs against the specification's example and values made by Prometheus; strictness of the parser.
#include "promfill/block.h"

#include <gtest/gtest.h>

namespace promfill {
namespace {

constexpr std::array<std::uint8_t, 10> kZeros{};
constexpr std::array<std::uint8_t, 10> kOnes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

TEST(Ulid, TextHasTimeInTheFirstTenCharacters) {
  EXPECT_EQ(Ulid::make({0}, kZeros).text(), "00000000000000000000000000");
  EXPECT_EQ(Ulid::make({1}, kZeros).text(), "00000000010000000000000000");
  EXPECT_EQ(Ulid::make({0}, kOnes).text(), "0000000000ZZZZZZZZZZZZZZZZ");
  EXPECT_EQ(Ulid::make({(std::int64_t{1} << 48) - 1}, kOnes).text(), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
  // The specification's example of a time: 1469918176385.
  EXPECT_EQ(Ulid::make({1469918176385}, kZeros).text().substr(0, 10), "01ARYZ6S41");
}

TEST(Ulid, EveryBitOfEntropyHasItsPlace) {
  for (std::size_t bit = 0; bit < 80; ++bit) {
    std::array<std::uint8_t, 10> entropy{};
    entropy[9 - bit / 8] = static_cast<std::uint8_t>(1U << (bit % 8));
    std::string expected(26, '0');
    expected[25 - bit / 5] = "1248G"[bit % 5];
    EXPECT_EQ(Ulid::make({0}, entropy).text(), expected) << "bit " << bit;
  }
}

TEST(Ulid, ParseUndoesText) {
  for (const std::string_view text : {"01M81YYM12S0BSQ0VZ337X1V4T", "00000000000000000000000000",
                                      "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "0123456789ABCDEFGHJKMNPQRS"}) {
    const auto ulid = Ulid::parse(text);
    ASSERT_TRUE(ulid) << text;
    EXPECT_EQ(ulid->text(), text);
  }
  EXPECT_EQ(Ulid::parse("01ARYZ6S410000000000000000")->created(), Timestamp{1469918176385});
}

TEST(Ulid, OrderOfValuesIsOrderOfTexts) {
  const auto earlier = Ulid::make({1000}, kOnes);
  const auto later = Ulid::make({1001}, kZeros);
  EXPECT_LT(earlier, later);
  EXPECT_LT(earlier.text(), later.text());
}

TEST(Ulid, ParseRefusesWhatPrometheusWouldNotWrite) {
  for (const std::string_view text : {
           "",
           "01M81YYM12S0BSQ0VZ337X1V4",    // one character short
           "01M81YYM12S0BSQ0VZ337X1V4T0",  // one too many
           "81M81YYM12S0BSQ0VZ337X1V4T",   // more than 128 bits
           "01m81yym12s0bsq0vz337x1v4t",   // lower case
           "01M81YYM12S0BSQ0VZ337X1V4I",   // not in the alphabet
           "01M81YYM12S0BSQ0VZ337X1V4O",
           "01M81YYM12S0BSQ0VZ337X1V4U",
           "01M81YYM12S0BSQ0VZ337X1V4-",
       }) {
    EXPECT_FALSE(Ulid::parse(text)) << text;
  }
}

}  // namespace
}  // namespace promfill
