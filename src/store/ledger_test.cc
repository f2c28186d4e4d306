// Goal: a ledger that lost a cell does not balance.
#include "store/ledger.h"

#include <gtest/gtest.h>

namespace promfill {
namespace {

TEST(Ledger, BalancesWhenEveryCellHasOneVerdict) {
  Ledger ledger;
  ledger.cells = 36;
  ledger.nulls = 1;
  ledger.rejected = 2;
  ledger.rejected_by_reason = {{"null_timestamp", 2}};
  ledger.filtered = 3;
  ledger.out_of_window = 4;
  ledger.observed = 5;
  ledger.duplicates_merged = 6;
  ledger.duplicates_conflicting = 7;
  ledger.written = 8;
  EXPECT_TRUE(ledger.balances());
  ++ledger.cells;
  EXPECT_FALSE(ledger.balances()) << "a cell without a verdict";
  --ledger.cells;
  ledger.rejected_by_reason["null_timestamp"] = 1;
  EXPECT_FALSE(ledger.balances()) << "a reject without a reason";
}

TEST(Ledger, TellsCompletedSamplesFromThoseOfTheInput) {
  // Histograms of 3 columns with a completed +Inf: 10 rows, of which 4 come twice with the same values.
  Ledger ledger;
  ledger.cells = 14 * 3;
  ledger.generated = 14;
  add_windows({.samples = 40, .duplicates = {.merged = 16, .conflicting = 0}, .late_samples = 0}, ledger);
  EXPECT_EQ(ledger.generated, 10U);
  EXPECT_EQ(ledger.written, 30U);
  EXPECT_EQ(ledger.duplicates_merged, 12U);
  EXPECT_TRUE(ledger.balances());
}

TEST(Ledger, BalancesWhateverIsMerged) {
  for (std::uint64_t samples = 1; samples < 12; ++samples) {
    for (std::uint64_t merged = 0; merged < 9; ++merged) {
      for (std::uint64_t conflicting = 0; conflicting < 9; ++conflicting) {
        for (std::uint64_t generated = 0; generated <= samples / 2; ++generated) {
          Ledger ledger;
          ledger.generated = generated;
          ledger.cells = samples + merged + conflicting - generated;
          add_windows({.samples = samples, .duplicates = {merged, conflicting}, .late_samples = 0}, ledger);
          EXPECT_TRUE(ledger.balances()) << samples << ' ' << merged << ' ' << conflicting << ' ' << generated;
          EXPECT_EQ(ledger.samples_written(), samples);
        }
      }
    }
  }
}

TEST(Ledger, AddsUpReasonByReason) {
  Ledger a;
  a.rejected_by_reason = {{"x", 1}, {"y", 2}};
  a.written = 3;
  Ledger b;
  b.rejected_by_reason = {{"y", 5}, {"z", 1}};
  b.written = 4;
  b.generated = 2;
  a += b;
  EXPECT_EQ(a.rejected_by_reason, (std::map<std::string, std::uint64_t>{{"x", 1}, {"y", 7}, {"z", 1}}));
  EXPECT_EQ(a.written, 7U);
  EXPECT_EQ(a.samples_written(), 9U);
}

}  // namespace
}  // namespace promfill
