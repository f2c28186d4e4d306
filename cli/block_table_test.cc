// Times, durations and sizes as promtool prints them; columns as text/tabwriter sets them.
#include "block_table.h"

#include <gtest/gtest.h>

namespace promfill::cli {
namespace {

TEST(BlockTable, DurationsAreGos) {
  for (const auto& [ms, text] : std::vector<std::pair<std::uint64_t, std::string_view>>{
           {0, "0s"},
           {1, "1ms"},
           {999, "999ms"},
           {1000, "1s"},
           {1500, "1.5s"},
           {1001, "1.001s"},
           {60'000, "1m0s"},
           {60'010, "1m0.01s"},
           {3'599'999, "59m59.999s"},
           {7'200'000, "2h0m0s"},
           {2'678'400'000, "744h0m0s"},
           {18'446'744'073'709'551'615U, "5124095576030h25m51.615s"},
       }) {
    EXPECT_EQ(go_duration(ms), text);
  }
}

TEST(BlockTable, TimesAreCutTowardsZero) {
  EXPECT_EQ(human_time({0}), "1970-01-01 00:00:00 +0000 UTC");
  EXPECT_EQ(human_time({1583020800999}), "2020-03-01 00:00:00 +0000 UTC");
  EXPECT_EQ(human_time({-999}), "1970-01-01 00:00:00 +0000 UTC");
  EXPECT_EQ(human_time({-1000}), "1969-12-31 23:59:59 +0000 UTC");
  EXPECT_EQ(human_time(kTimestampMax), "9223372036854775807");
  EXPECT_EQ(human_time(kTimestampMin), "-9223372036854775808");
}

TEST(BlockTable, SizesShowEveryBinaryUnit) {
  for (const auto& [bytes, text] : std::vector<std::pair<std::uint64_t, std::string_view>>{
           {0, "0B"},
           {1023, "1023B"},
           {1024, "1KiB"},
           {1025, "1KiB1B"},
           {(5U << 20) + 3, "5MiB3B"},
           {(1ULL << 60) + (2ULL << 40) + 1024, "1EiB2TiB1KiB"},
       }) {
    EXPECT_EQ(human_bytes(bytes), text);
  }
}

TEST(BlockTable, ColumnsGrowWithTheirWidestCell) {
  BlockTable table;
  BlockMeta meta;
  meta.range = {{-9'000'000'000'000'000'000}, {5}};
  meta.stats.samples = 12'345'678'901'234;
  table.add(meta, 7);
  EXPECT_EQ(table.text(),
            "BLOCK ULID                  MIN TIME              MAX TIME     DURATION                NUM SAMPLES     "
            "NUM CHUNKS   NUM SERIES   SIZE\n"
            "00000000000000000000000000  -9000000000000000000  5            2500000000000h0m0.005s  12345678901234  "
            "0            0            7\n");
}

}  // namespace
}  // namespace promfill::cli
