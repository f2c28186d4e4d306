// Goal: a classic histogram or summary makes the series that Prometheus's client libraries make, or is refused with a
// way out. Method: small mappings, the names and labels of what they make, and one mapping for each mistake.
#include "family/family_series.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace promfill {
namespace {

MetricMapping metric(MetricType type) {
  MetricMapping metric;
  metric.name = "x";
  metric.type = type;
  return metric;
}

MetricMapping histogram(std::vector<BoundMapping> bounds) {
  MetricMapping made = metric(MetricType::kHistogram);
  made.bounds = std::move(bounds);
  return made;
}

/// "x_bucket{le=1.0} of b", a + before those that are completed.
std::vector<std::string> series(const MetricMapping& mapped) {
  std::vector<std::string> texts;
  const auto made = family_series({}, mapped);
  if (!made) return {made.error().message};
  for (const FamilySeries& one : *made) {
    std::string labels;
    for (const ConstantLabel& label : one.metric.constants) labels += label.name + "=" + label.value;
    for (const LabelMapping& label : one.metric.labels) labels += label.name + ":" + label.column;
    texts.push_back((one.is_generated ? "+" : "") + one.metric.name + (labels.empty() ? "" : "{" + labels + "}") +
                    " of " + one.metric.column);
  }
  return texts;
}

using Texts = std::vector<std::string>;

TEST(FamilySeries, OfAGaugeAreTheGauge) {
  MetricMapping gauge = metric(MetricType::kGauge);
  gauge.column = "c";
  EXPECT_EQ(series(gauge), Texts{"x of c"});
  gauge.sum = "s";
  EXPECT_EQ(series(gauge), Texts{"a gauge has one column: 'x'"});
}

TEST(FamilySeries, OfAHistogramRiseAndAreCompleted) {
  MetricMapping mapped = histogram({{"1", "b1"}, {"0.5", "b05"}, {"1e1", "b10"}});
  mapped.sum = "s";
  mapped.count = "n";
  EXPECT_EQ(series(mapped), (Texts{"x_bucket{le=0.5} of b05", "x_bucket{le=1.0} of b1", "x_bucket{le=10.0} of b10",
                                   "+x_bucket{le=+Inf} of n", "x_sum of s", "x_count of n"}));
  mapped = histogram({{"+Inf", "all"}, {"1", "b1"}});
  EXPECT_EQ(series(mapped), (Texts{"x_bucket{le=1.0} of b1", "x_bucket{le=+Inf} of all", "+x_count of all"}));
}

TEST(FamilySeries, OfASummaryHaveNoBucketsToComplete) {
  MetricMapping mapped = metric(MetricType::kSummary);
  mapped.bounds = {{"0.99", "p99"}, {"0.5", "p50"}};
  EXPECT_EQ(series(mapped), (Texts{"x{quantile=0.5} of p50", "x{quantile=0.99} of p99"}));
  mapped.count = "n";
  mapped.bounds = {{"1", "max"}};
  EXPECT_EQ(series(mapped), (Texts{"x{quantile=1.0} of max", "x_count of n"}));
}

TEST(FamilySeries, OfListsAndRowsNameTheirColumns) {
  MetricMapping mapped = histogram({{"1", ""}, {"+Inf", ""}});
  mapped.column = "list";
  EXPECT_EQ(series(mapped), (Texts{"x_bucket{le=1.0} of list", "x_bucket{le=+Inf} of list", "+x_count of list"}));
  mapped = metric(MetricType::kHistogram);
  mapped.column = "value";
  mapped.bound_column = "upper";
  mapped.sum = "s";
  EXPECT_EQ(series(mapped), (Texts{"x_bucket{le:upper} of value", "x_sum of s"}));
}

TEST(FamilySeries, AreRefusedWhereBoundsAreNone) {
  const auto message = [](std::vector<BoundMapping> bounds) { return series(histogram(std::move(bounds))).front(); };
  EXPECT_EQ(message({}), "histogram 'x' has no buckets");
  EXPECT_EQ(message({{"NaN", "a"}}), "'NaN' is no bucket");
  EXPECT_EQ(message({{"-Inf", "a"}}), "'-Inf' is no bucket");
  EXPECT_EQ(message({{"ten", "a"}}), "'ten' is no bucket");
  EXPECT_EQ(message({{"1", "a"}, {"1.0", "b"}}), "bucket 1.0 of 'x' stands twice");
  EXPECT_EQ(message({{"1", "a"}, {"2", "b"}}), "histogram 'x' has neither a bucket +Inf nor a count");
  MetricMapping lists = histogram({{"2", ""}, {"1", ""}, {"+Inf", ""}});
  lists.column = "list";
  EXPECT_EQ(series(lists).front(), "the bounds of 'x' don't rise");
  MetricMapping summary = metric(MetricType::kSummary);
  summary.bounds = {{"1.5", "a"}};
  EXPECT_EQ(series(summary).front(), "'1.5' is no quantile");
  summary.bounds = {{"0.5", "a"}};
  summary.cumulative = false;
  EXPECT_EQ(series(summary).front(), "'cumulative' is of histograms");
  MetricMapping rows = metric(MetricType::kHistogram);
  rows.column = "value";
  rows.bound_column = "le";
  rows.cumulative = false;
  EXPECT_EQ(series(rows).front(), "rows of one bucket each must have cumulative counts");
}

}  // namespace
}  // namespace promfill
