// Goal: every way to say a histogram by columns gives the histogram that was meant, and what can't be one is told by
// its reason.
#include "distribution/native_columns.h"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <limits>

#include "histogram/sample_record.h"

namespace promfill {
namespace {

/// A batch of one row, of JSON texts and numbers; "null" is null.
class OneRow {
 public:
  HistogramPart text(const std::string& json) {
    ColumnView view{.kind = ColumnKind::kUtf8};
    const std::string& kept = texts_.emplace_back(json);
    offsets_.push_back({0, static_cast<std::int32_t>(kept.size())});
    view.values = kept.data();
    view.offsets = offsets_.back().data();
    return add(view, json == "null");
  }
  HistogramPart number(double value) {
    ColumnView view{.kind = ColumnKind::kDouble};
    view.values = &numbers_.emplace_back(value);
    return add(view, false);
  }
  HistogramPart null() {
    ColumnView view{.kind = ColumnKind::kDouble};
    view.values = &numbers_.emplace_back(0);
    return add(view, true);
  }
  MadeRecords read(const NativeHistogramColumns& columns) {
    batch_.rows = 1;
    return NativeHistogramReader(columns).read(batch_, {.unit = TimeUnit::kSeconds});
  }

 private:
  HistogramPart add(ColumnView view, bool null) {
    static constexpr std::uint8_t kNull = 0;
    if (null) {
      view.validity = &kNull;
      view.null_count = 1;
    }
    batch_.columns.push_back(view);
    return {.position = batch_.columns.size() - 1};
  }
  ColumnBatch batch_;
  std::deque<std::string> texts_;
  std::deque<double> numbers_;
  std::deque<std::array<std::int32_t, 2>> offsets_;
};

template <typename H>
HistogramSample<H> must(const MadeRecords& read) {
  HistogramSample<H> sample;
  EXPECT_TRUE(read.bad.empty()) << read.bad.front().reason << " " << read.bad.front().detail;
  EXPECT_EQ(read.validity, (std::vector<std::uint8_t>{1}));
  if (!read.bad.empty()) return sample;
  EXPECT_TRUE(decode_record_body(read.records.body(0), sample));
  return sample;
}

TEST(NativeColumns, TakeSpansAndDifferencesAsTheyAre) {
  OneRow row;
  NativeHistogramColumns columns;
  columns.schema = row.number(3);
  columns.zero_threshold.constant = 0.001;
  columns.zero_count = row.number(2);
  columns.count = row.number(9);
  columns.sum = row.number(18.5);
  columns.positive.spans = row.text("[[0, 2], [1, 1]]");
  columns.positive.deltas = row.text("[1, 1, 2]");
  const Histogram h = must<Histogram>(row.read(columns)).histogram;
  EXPECT_EQ(h.layout.schema, 3);
  EXPECT_EQ(h.layout.zero_threshold, 0.001);
  EXPECT_EQ(h.layout.positive_spans, (std::vector<HistogramSpan>{{0, 2}, {1, 1}}));
  EXPECT_EQ(h.positive, (std::vector<std::int64_t>{1, 1, 2}));
  EXPECT_EQ(h.count, 9U);
  EXPECT_EQ(h.sum, 18.5);
}

TEST(NativeColumns, MakeSpansOfNumberedCounts) {
  OneRow row;
  NativeHistogramColumns columns;
  columns.schema.constant = -1;
  columns.positive.by_number = row.text(R"({"7": 5, "-3": 1, "-2": 2, "1": 4, "0": 0})");
  columns.negative.by_number = row.text("[[4, 3]]");
  columns.is_gauge = true;
  const Histogram h = must<Histogram>(row.read(columns)).histogram;
  EXPECT_EQ(h.layout.positive_spans, (std::vector<HistogramSpan>{{-3, 5}, {5, 1}}));
  EXPECT_EQ(h.positive, (std::vector<std::int64_t>{1, 1, -2, 0, 4, 1}));
  EXPECT_EQ(h.layout.negative_spans, (std::vector<HistogramSpan>{{4, 1}}));
  EXPECT_EQ(h.count, 15U) << "what the buckets have, where nobody says it";
  EXPECT_TRUE(std::isnan(h.sum));
  EXPECT_EQ(h.counter_reset, CounterReset::kGauge);
}

TEST(NativeColumns, TakeOpenTelemetrysHistogramsDownscaled) {
  OneRow row;
  NativeHistogramColumns columns;
  columns.scale = row.number(10);
  columns.positive.offset = row.number(-5);
  columns.positive.counts = row.text("[1, 2, 3, 4, 5, 6, 7, 8]");  // buckets -5 … 2, four make one at scale 8
  columns.sum = row.number(1);
  const Histogram h = must<Histogram>(row.read(columns)).histogram;
  EXPECT_EQ(h.layout.schema, 8);
  EXPECT_EQ(h.layout.positive_spans, (std::vector<HistogramSpan>{{-1, 3}}));
  EXPECT_EQ(h.positive, (std::vector<std::int64_t>{1, 2 + 3 + 4 + 5 - 1, 6 + 7 + 8 - 14}));
}

TEST(NativeColumns, TakeFloatsAndBoundsOfTheirOwn) {
  OneRow row;
  NativeHistogramColumns columns;
  columns.counts_are_floats = true;
  columns.schema.constant = -53;
  columns.custom_bounds = row.text("[0.005, 1, 1e9]");
  columns.positive.spans = row.text("[[0, 1], [2, 1]]");
  columns.positive.counts = row.text("[1.5, 0.25]");
  columns.count = row.number(1.75);
  columns.sum = row.number(-2);
  const FloatHistogram h = must<FloatHistogram>(row.read(columns)).histogram;
  EXPECT_EQ(h.layout.custom_bounds, (std::vector<double>{0.005, 1, 1e9}));
  EXPECT_EQ(h.positive, (std::vector<double>{1.5, 0.25}));
}

TEST(NativeColumns, MakeClassicBucketsBoundsOfTheirOwn) {
  for (const bool cumulative : {true, false}) {
    OneRow row;
    NativeHistogramColumns columns;
    columns.cumulative = cumulative;
    const double counts[] = {2, 0, 0, 0, 3};  // up to 0.1, 1, 2, 3, 4
    const double bounds[] = {0.1, 1, 2, 3, 4};
    double below = 0;
    for (std::size_t i = 0; i < 5; ++i) {
      below += counts[i];
      columns.bounds.push_back({bounds[i], *row.number(cumulative ? below : counts[i]).position});
    }
    columns.count = row.number(6);
    columns.sum = row.number(11);
    const Histogram h = must<Histogram>(row.read(columns)).histogram;
    EXPECT_EQ(h.layout.custom_bounds, (std::vector<double>{0.1, 1, 2, 3, 4}));
    EXPECT_EQ(h.layout.positive_spans, (std::vector<HistogramSpan>{{0, 1}, {3, 2}}));
    EXPECT_EQ(h.positive, (std::vector<std::int64_t>{2, 1, -2}));
    EXPECT_EQ(h.count, 6U);
  }
}

TEST(NativeColumns, SayWhatClassicBucketsContradict) {
  const struct {
    double first, second, count;
    const char* reason;
  } wrong[] = {{2, 1, 3, "decreasing_buckets"}, {-1, 1, 3, "negative_count"}, {1, 2, 1, "decreasing_buckets"}};
  for (const auto& [first, second, count, reason] : wrong) {
    OneRow row;
    NativeHistogramColumns columns;
    columns.bounds = {{1, *row.number(first).position}, {2, *row.number(second).position}};
    columns.count = row.number(count);
    const MadeRecords read = row.read(columns);
    ASSERT_EQ(read.bad.size(), 1U);
    EXPECT_EQ(read.bad[0].reason, reason);
  }
}

TEST(NativeColumns, KnowStartTimesAndTheEndOfASeries) {
  OneRow row;
  NativeHistogramColumns columns;
  columns.schema.constant = 0;
  columns.count = row.number(0);
  columns.start = row.number(1.5);
  EXPECT_EQ(must<Histogram>(row.read(columns)).start.ms, 1500);
  columns.stale = row.number(1);
  EXPECT_TRUE(must<Histogram>(row.read(columns)).histogram.is_stale());
}

TEST(NativeColumns, AreNullWhereNoPartHasAValue) {
  OneRow row;
  NativeHistogramColumns columns;
  columns.schema.constant = 0;
  columns.count = row.null();
  columns.sum = row.null();
  columns.positive.by_number = row.text("null");
  const MadeRecords read = row.read(columns);
  EXPECT_EQ(read.nulls, 1);
  EXPECT_TRUE(read.bad.empty());
  EXPECT_EQ(read.validity, (std::vector<std::uint8_t>{0}));
}

struct Wrong {
  const char* reason;
  double schema = 0;
  const char* spans = "[[0, 1]]";
  const char* counts = "[1]";
  double count = 1;
  double zero_count = 0;
  double zero_threshold = 0;
  const char* bounds = "null";
};

TEST(NativeColumns, SayWhyARowIsNoHistogram) {
  const Wrong wrong[] = {
      {.reason = "schema_out_of_range", .schema = 9},
      {.reason = "schema_out_of_range", .schema = -5},
      {.reason = "schema_out_of_range", .schema = 0.5},
      {.reason = "spans_do_not_fit", .spans = "[[0, 2]]"},
      {.reason = "spans_do_not_fit", .spans = "[[0, -1]]"},
      {.reason = "spans_do_not_fit", .spans = "[[3000000000, 1]]"},
      {.reason = "not_numbers", .spans = "[[0]]"},
      {.reason = "not_numbers", .counts = "1"},
      {.reason = "not_numbers", .counts = "[1"},
      {.reason = "null_element", .counts = "[null]"},
      {.reason = "not_whole", .counts = "[1.5]"},
      {.reason = "negative_count", .counts = "[-1]"},
      {.reason = "negative_count", .zero_count = -1},
      {.reason = "negative_count", .count = -3},
      {.reason = "count_mismatch", .count = 2},
      {.reason = "count_mismatch", .zero_count = 5},
      {.reason = "invalid_zero_threshold", .zero_threshold = -1},
      {.reason = "invalid_bounds", .schema = -53, .bounds = "[2, 1]"},
      {.reason = "invalid_bounds", .schema = -53, .bounds = "[1, 1]"},
      {.reason = "spans_do_not_fit", .schema = -53, .spans = "[[3, 1]]", .bounds = "[1]"},
  };
  for (const Wrong& one : wrong) {
    OneRow row;
    NativeHistogramColumns columns;
    columns.schema = row.number(one.schema);
    columns.zero_threshold = row.number(one.zero_threshold);
    columns.zero_count = row.number(one.zero_count);
    columns.count = row.number(one.count);
    columns.sum = row.number(1);
    columns.custom_bounds = row.text(one.bounds);
    columns.positive.spans = row.text(one.spans);
    columns.positive.counts = row.text(one.counts);
    const MadeRecords read = row.read(columns);
    ASSERT_EQ(read.bad.size(), 1U) << one.reason << " " << one.spans << one.counts;
    EXPECT_EQ(read.bad[0].reason, one.reason) << one.spans << one.counts << read.bad[0].detail;
    EXPECT_EQ(read.validity, (std::vector<std::uint8_t>{0}));
  }
}

}  // namespace
}  // namespace promfill
