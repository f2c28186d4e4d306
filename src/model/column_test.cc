// ColumnView: offsets count for validity bits, values and texts alike.
#include "model/column.h"

#include <gtest/gtest.h>

#include <array>

namespace promfill {
namespace {

TEST(ColumnView, ReadsValuesAndValidityFromItsOffset) {
  const std::array<std::int64_t, 12> values{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const std::array<std::uint8_t, 2> validity{0b1111'0111, 0b0000'1101};  // rows 3 and 9 are null
  ColumnView column{.kind = ColumnKind::kInt64, .validity = validity.data(), .values = values.data(), .null_count = 2};
  for (std::int64_t offset = 0; offset < 12; ++offset) {
    column.offset = offset;
    for (std::int64_t row = 0; row + offset < 12; ++row) {
      EXPECT_EQ(column.int64s()[row], row + offset);
      EXPECT_EQ(column.valid(row), row + offset != 3 && row + offset != 9);
    }
  }
}

TEST(ColumnView, HasEveryValueWithoutABitmap) {
  const std::array<double, 2> values{0.5, -0.0};
  const ColumnView column{.kind = ColumnKind::kDouble, .values = values.data(), .offset = 1};
  EXPECT_TRUE(column.valid(0));
  EXPECT_TRUE(column.valid(1'000'000));
  EXPECT_EQ(column.doubles()[0], 0.0);
}

TEST(ColumnView, ReadsBitsAndCodes) {
  const std::array<std::uint8_t, 2> bits{0b1000'0001, 0b0000'0010};
  const ColumnView booleans{.kind = ColumnKind::kBool, .values = bits.data(), .offset = 7};
  EXPECT_TRUE(booleans.boolean(0));
  EXPECT_FALSE(booleans.boolean(1));
  EXPECT_TRUE(booleans.boolean(2));
  const std::array<std::int32_t, 3> codes{2, 0, 1};
  EXPECT_EQ((ColumnView{.kind = ColumnKind::kDictionary, .values = codes.data(), .offset = 2}.codes()[0]), 1);
}

TEST(ColumnView, CutsTextsOutOfTheBytes) {
  const std::array<std::int32_t, 5> offsets{0, 2, 2, 5, 6};
  const ColumnView column{.kind = ColumnKind::kUtf8, .values = "abcdef", .offsets = offsets.data(), .offset = 1};
  EXPECT_EQ(column.text(0), "");
  EXPECT_EQ(column.text(1), "cde");
  EXPECT_EQ(column.text(2), "f");
}

TEST(ColumnKind, HasANameForEachKind) {
  EXPECT_EQ(to_string(ColumnKind::kInt64), "int64");
  EXPECT_EQ(to_string(ColumnKind::kDouble), "double");
  EXPECT_EQ(to_string(ColumnKind::kBool), "bool");
  EXPECT_EQ(to_string(ColumnKind::kUtf8), "utf8");
  EXPECT_EQ(to_string(ColumnKind::kDictionary), "dictionary");
  EXPECT_EQ(to_string(ColumnKind::kTimestamp), "timestamp");
  EXPECT_EQ(to_string(ColumnKind::kOther), "other");
}

}  // namespace
}  // namespace promfill
