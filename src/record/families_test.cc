// Goal: classic histograms, summaries and counters with starts, as members of records, make the series that the same
// numbers make as gauges of those names; what can't be is rejected with the reasons of mappings.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <random>
#include <set>

#include "promfill/promfill.h"
#include "record/job_fixture.h"
#include "record/record_plan.h"

namespace promfill {
namespace {

struct Rpc {
  std::int64_t Timestamp = 0;
  std::string host;
  std::int64_t since = 0;
  std::uint64_t requests = 0;
  ClassicHistogram seconds{};
  std::optional<Summary> bytes{};
};

struct Single {
  std::int64_t Timestamp = 0;
  std::string host;
  ClassicHistogram alone{};
};

}  // namespace

template <>
struct Schema<Rpc> {
  static constexpr auto fields = promfill::fields(
      label<&Rpc::host>(), start<&Rpc::since>(), field<&Rpc::requests>("metric_type:counter,metric_name:requests"),
      field<&Rpc::seconds>("metric_type:histogram,metric_name:rpc_seconds,bounds:0.1 1 10"),
      field<&Rpc::bytes>("metric_type:summary,metric_name:rpc_bytes,quantiles:0.5 0.99"));
};

template <>
struct Schema<Single> {
  static constexpr auto fields = promfill::fields(
      label<&Single::host>(), field<&Single::alone>("metric_type:histogram,bounds:1 +Inf,cumulative:false"));
};

namespace {

class FamiliesTest : public RecordJobFixture {
 protected:
  static std::vector<Rpc> rows(std::size_t hosts, std::size_t n) {
    std::vector<Rpc> rows;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t h = 0; h < hosts; ++h) {
        const auto seen = static_cast<double>(i + h);
        Rpc row{.Timestamp = kStart + static_cast<std::int64_t>(15 * i), .host = "h" + std::to_string(h)};
        row.since =
            kStart - 100 - static_cast<std::int64_t>(h) + static_cast<std::int64_t>(i >= n / 2 ? 15 * (n / 2) + 95 : 0);
        row.requests = i >= n / 2 ? i - n / 2 : i;
        row.seconds = {.buckets = {seen, 2 * seen, 2 * seen + 1}, .sum = seen / 4, .count = 2 * seen + 3};
        if (i % 3 != 0) row.bytes = Summary{.values = {seen, 9 * seen}, .sum = {}, .count = seen};
        rows.push_back(std::move(row));
      }
    }
    return rows;
  }

  /// What `rows` should come to, through a writer of plain series.
  void write_expected(const std::vector<Rpc>& rows, bool zeros, const std::string& name) {
    auto writer = Writer::create(options(name));
    ASSERT_TRUE(writer.has_value()) << writer.error().text();
    struct Of {
      std::string name;
      std::string label;
      std::string value;
    };
    const auto add = [&](const Rpc& row, const Of& of, std::int64_t time_s, double value) {
      std::vector<Label> labels{{"__name__", of.name}, {"host", row.host}};
      if (!of.label.empty()) labels.push_back({of.label, of.value});
      ASSERT_TRUE(writer->append(Labels::create(std::move(labels)).value(), {time_s * 1000}, value).has_value());
    };
    std::map<std::string, std::int64_t> before;  // times of counters
    for (const Rpc& row : rows) {
      const std::int64_t time = row.Timestamp;
      const auto last = before.find(row.host);
      if (zeros && row.since < time && (last == before.end() || row.since > last->second)) {
        add(row, {"requests", "", ""}, row.since, 0);
      }
      before[row.host] = time;
      add(row, {"requests", "", ""}, time, static_cast<double>(row.requests));
      const char* const bounds[] = {"0.1", "1.0", "10.0"};
      for (std::size_t b = 0; b < 3; ++b)
        add(row, {"rpc_seconds_bucket", "le", bounds[b]}, time, row.seconds.buckets[b]);
      add(row, {"rpc_seconds_bucket", "le", "+Inf"}, time, *row.seconds.count);
      add(row, {"rpc_seconds_sum", "", ""}, time, *row.seconds.sum);
      add(row, {"rpc_seconds_count", "", ""}, time, *row.seconds.count);
      if (!row.bytes) continue;
      add(row, {"rpc_bytes", "quantile", "0.5"}, time, row.bytes->values[0]);
      add(row, {"rpc_bytes", "quantile", "0.99"}, time, row.bytes->values[1]);
      add(row, {"rpc_bytes_count", "", ""}, time, *row.bytes->count);
    }
    const auto report = writer->finish();
    ASSERT_TRUE(report.has_value()) << report.error().text();
  }

  /// chunks/000001 and index of every block, as a set.
  std::set<std::string> bytes(const std::string& name) {
    std::set<std::string> blocks;
    for (const auto& entry : std::filesystem::directory_iterator(out(name))) {
      if (!Ulid::parse(entry.path().filename().string())) continue;
      std::string all;
      for (const char* file : {"chunks/000001", "index"}) {
        std::ifstream in(entry.path() / file, std::ios::binary);
        all.append(std::istreambuf_iterator<char>(in), {});
      }
      blocks.insert(std::move(all));
    }
    return blocks;
  }
};

TEST_F(FamiliesTest, OfRecordsAreTheirSeries) {
  for (const bool zeros : {false, true}) {
    std::vector<Rpc> table = rows(5, 500);
    const std::string expected = zeros ? "expected-zeros" : "expected";
    write_expected(table, zeros, expected);
    for (const bool shuffled : {false, true}) {
      if (shuffled) std::shuffle(table.begin(), table.end(), std::mt19937_64(7));
      const std::string name = std::string(shuffled ? "shuffled" : "sorted") + (zeros ? "-zeros" : "");
      BackfillOptions with = options(name);
      if (zeros) with.counter_start = CounterStart::kZero;
      with.count_resets = true;
      auto job = Backfill<Rpc>::create(with);
      ASSERT_TRUE(job.has_value()) << job.error().text();
      const auto report = job->run(std::vector<std::vector<Rpc>>{table});
      ASSERT_TRUE(report.has_value()) << report.error().text();
      EXPECT_EQ(series(name), series(expected)) << name;
      EXPECT_TRUE(bytes(name) == bytes(expected)) << name;
      EXPECT_TRUE(report->ledger.balances());
      EXPECT_EQ(report->ledger.rejected, 0U);
      EXPECT_EQ(report->ledger.generated, 5U * 500 + (zeros ? 10U : 0U)) << "+Inf, and the starts";
      EXPECT_EQ(report->ledger.counter_resets, zeros ? 10U - 5U : 5U);
    }
  }
}

TEST_F(FamiliesTest, ThatContradictThemselvesAreRejected) {
  std::vector<Rpc> table = rows(1, 6);
  table[1].seconds.buckets = {3, 2, 1};
  table[2].seconds.buckets.pop_back();
  table[3].seconds.count.reset();
  table[4].bytes->count = -1;
  table[5].since = table[5].Timestamp + 1;
  auto job = Backfill<Rpc>::create(options());
  ASSERT_TRUE(job.has_value());
  ASSERT_TRUE(job->append(table).has_value());
  const auto report = job->finish();
  ASSERT_TRUE(report.has_value()) << report.error().text();
  const auto& reasons = report->ledger.rejected_by_reason;
  EXPECT_EQ(reasons.at("decreasing_buckets"), 5U);
  EXPECT_EQ(reasons.at("start_after_sample"), 1U);
  EXPECT_EQ(reasons.at("negative_count"), 3U);
  EXPECT_TRUE(report->ledger.balances());
}

TEST_F(FamiliesTest, OfSingleBucketsAreAddedUp) {
  const std::vector<Single> table{{.Timestamp = kStart, .host = "a", .alone = {.buckets = {3, 4}}}};
  auto job = Backfill<Single>::create(options());
  ASSERT_TRUE(job->append(table).has_value());
  const auto report = job->finish();
  ASSERT_TRUE(report.has_value()) << report.error().text();
  EXPECT_EQ(report->ledger.written, 3U) << "two buckets and the count";
  EXPECT_EQ(report->ledger.nulls, 1U) << "no sum";
}

TEST_F(FamiliesTest, NeedBoundsThatAreNumbers) {
  RecordType type = record_type<Single>();
  type.metrics[0].bounds = {"1", "one"};
  const auto plans = plan_records({type}, options(), Timestamp{0});
  ASSERT_FALSE(plans.has_value());
  EXPECT_NE(plans.error().text().find("one"), std::string::npos) << plans.error().text();
}

TEST_F(FamiliesTest, WriterKnowsWhenCountingBegan) {
  BackfillOptions with = options();
  with.counter_start = CounterStart::kZero;
  with.stale_after = std::chrono::minutes(5);
  auto writer = Writer::create_for_any(with);
  ASSERT_TRUE(writer.has_value()) << writer.error().text();
  const Labels labels = Labels::create({{"__name__", "requests_total"}}).value();
  for (const std::int64_t at : {600, 660, 720}) {
    const Sample sample{{(kStart + at) * 1000}, static_cast<double>(at)};
    ASSERT_TRUE(writer->append(labels, sample, {(kStart + (at > 700 ? 700 : 590)) * 1000}).has_value());
  }
  const auto report = writer->finish();
  ASSERT_TRUE(report.has_value()) << report.error().text();
  EXPECT_EQ(report->ledger.generated, 3U) << "two starts and the end";
  const Series found = series();
  ASSERT_EQ(found.size(), 1U);
  std::map<std::int64_t, double> expected;
  for (const auto& [at, value] : {std::pair{590, 0}, {600, 600}, {660, 660}, {700, 0}, {720, 720}}) {
    expected[(kStart + at) * 1000] = value;
  }
  std::map<std::int64_t, double> samples = found.begin()->second;
  EXPECT_TRUE(std::isnan(samples.at((kStart + 1020) * 1000)));
  samples.erase((kStart + 1020) * 1000);
  EXPECT_EQ(samples, expected);
}

TEST_F(FamiliesTest, WriterTakesSamplesOfAnyKind) {
  Histogram seen;
  seen.layout = {.schema = 3, .zero_threshold = 0.001, .positive_spans = {{-2, 2}}};
  seen.positive = {3, -1};
  seen.count = 5;
  seen.sum = 2.5;
  const Labels labels = Labels::create({{"__name__", "latency"}}).value();
  std::vector<AnySample> samples;
  for (int i = 0; i < 300; ++i) {
    const Timestamp time{(kStart + 15 * i) * 1000};
    if (i % 50 == 49) {
      samples.emplace_back(Sample{time, 1.5});
    } else {
      samples.emplace_back(HistogramSample<Histogram>{.time = time, .histogram = seen});
    }
  }
  auto expected = BlockWriter::create({.out = out("blocks"), .block_duration = std::chrono::hours(24)});
  ASSERT_TRUE(expected->add_series(labels, samples).has_value());
  ASSERT_TRUE(expected->finish().has_value());
  std::shuffle(samples.begin(), samples.end(), std::mt19937_64(3));
  BackfillOptions with = options("writer");
  with.block_duration = std::chrono::hours(24);
  auto writer = Writer::create_for_any(with);
  ASSERT_TRUE(writer.has_value()) << writer.error().text();
  for (const AnySample& sample : samples) ASSERT_TRUE(writer->append(labels, sample).has_value());
  const auto report = writer->finish();
  ASSERT_TRUE(report.has_value()) << report.error().text();
  EXPECT_EQ(report->ledger.written, samples.size());
  EXPECT_TRUE(bytes("writer") == bytes("blocks"));
  auto floats = Writer::create(options("floats"));
  const Status refused = floats->append(labels, HistogramSample<Histogram>{.time = {1000}, .histogram = seen});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
}

}  // namespace
}  // namespace promfill
