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
