// Goal: disjoint pieces are read by time, overlapping ones in source order, and the watermark never passes a row.
#include "backfill/read_order.h"

#include <gtest/gtest.h>

#include <random>

namespace promfill {
namespace {

using Times = std::vector<std::vector<std::optional<TimeSpan>>>;

std::optional<TimeSpan> span(std::int64_t min, std::int64_t max) { return TimeSpan{{min}, {max}}; }

std::vector<std::pair<std::size_t, std::size_t>> places(const std::vector<OrderedPiece>& pieces) {
  std::vector<std::pair<std::size_t, std::size_t>> all;
  for (const OrderedPiece& piece : pieces) all.emplace_back(piece.source, piece.piece);
  return all;
}

using Places = std::vector<std::pair<std::size_t, std::size_t>>;

TEST(ReadOrder, DisjointPiecesComeByTime) {
  const Times times = {{span(200, 299)}, {span(0, 99), span(100, 199)}};
  const std::vector<OrderedPiece> pieces = order_pieces(times);
  EXPECT_EQ(places(pieces), (Places{{1, 0}, {1, 1}, {0, 0}}));
  EXPECT_EQ(pieces[0].all_later_from.ms, 100);
  EXPECT_EQ(pieces[1].all_later_from.ms, 200);
  EXPECT_EQ(pieces[2].all_later_from, kTimestampMax);
}

TEST(ReadOrder, PiecesThatTouchKeepSourceOrder) {
  // Both hold rows at 100: which of two different values wins is decided by source order.
  const Times times = {{span(100, 200)}, {span(0, 100)}, {span(-50, -1)}};
  const std::vector<OrderedPiece> pieces = order_pieces(times);
  EXPECT_EQ(places(pieces), (Places{{2, 0}, {0, 0}, {1, 0}}));
  EXPECT_EQ(pieces[0].all_later_from.ms, 0);
  EXPECT_EQ(pieces[1].all_later_from.ms, 0);
}

TEST(ReadOrder, WithoutStatisticsNothingIsAssumed) {
  const Times times = {{span(200, 299), std::nullopt}, {span(0, 99)}};
  const std::vector<OrderedPiece> pieces = order_pieces(times);
  EXPECT_EQ(places(pieces), (Places{{0, 0}, {0, 1}, {1, 0}}));
  EXPECT_EQ(pieces[0].all_later_from, kTimestampMin);
  EXPECT_EQ(pieces[1].all_later_from, kTimestampMin);
  EXPECT_EQ(pieces[2].all_later_from, kTimestampMax);
}

TEST(ReadOrder, EmptyPiecesHinderNobody) {
  const Times times = {{span(100, 199), TimeSpan()}, {span(0, 99)}};
  const std::vector<OrderedPiece> pieces = order_pieces(times);
  EXPECT_EQ(places(pieces), (Places{{0, 1}, {1, 0}, {0, 0}}));
  EXPECT_EQ(pieces[1].all_later_from.ms, 100);
}

TEST(ReadOrder, NoPieceLiesBelowTheWatermarkBeforeIt) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 500; ++round) {
    Times times(1 + random() % 3);
    for (auto& source : times) {
      for (std::size_t i = random() % 5; i > 0; --i) {
        const auto min = static_cast<std::int64_t>(random() % 50);
        source.push_back(span(min, min + static_cast<std::int64_t>(random() % 12)));
      }
    }
    const std::vector<OrderedPiece> pieces = order_pieces(times);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      for (std::size_t j = i + 1; j < pieces.size(); ++j) {
        const TimeSpan& earlier = *times[pieces[i].source][pieces[i].piece];
        const TimeSpan& later = *times[pieces[j].source][pieces[j].piece];
        ASSERT_GE(later.min, pieces[i].all_later_from);
        const bool in_source_order = places({pieces[i]}) < places({pieces[j]});
        ASSERT_TRUE(in_source_order || earlier.max < later.min || later.max < earlier.min);
      }
    }
  }
}

}  // namespace
}  // namespace promfill
