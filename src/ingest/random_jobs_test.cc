// Goal: whatever comes in whatever order, sealed early or late, in much memory or little, blocks and counts are those
// of sorting everything offered. Method: random jobs (several bundles, nulls, equal times, disorder, watermarks)
// against a reference that knows no windows in memory, batches, shards or runs.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <tuple>

#include "chunk/xor_chunk.h"
#include "histogram/sample_record.h"
#include "histogram/series_encoder.h"
#include "ingest/ingest.h"
#include "ingest/read_back.h"
#include "merge/duplicates.h"
#include "store/batch_fixture.h"

namespace promfill {
namespace {

constexpr Duration kTwoHours{2 * 3600 * 1000};
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// The first and the last come in the same rows, the others mostly in rows of their own.
std::vector<MetricDef> metrics_of_three_bundles() {
  return {{Labels::create({{"__name__", "up"}, {"job", "x"}}).value(), MetricType::kGauge, 0},
          {Labels::create({{"__name__", "load"}}).value(), MetricType::kGauge, 7},
          {Labels::create({{"__name__", "Zeta"}, {"job", "y"}}).value(), MetricType::kCounter, 3},
          {Labels::create({{"__name__", "disk"}}).value(), MetricType::kGauge, 0}};
}

/// A few samples of every kind: two ways to write one histogram, one that begins anew, gauges, stale markers, floats.
AnySample sample_of(Timestamp time, double value) {
  if (std::isnan(value)) return Sample{time, std::bit_cast<double>(kStaleNanBits)};
  if (std::signbit(value)) {  // as 1
    HistogramSample<Histogram> sample{.time = time};
    sample.histogram.layout = {.schema = 1, .zero_threshold = 0.001, .positive_spans = {{0, 1}, {0, 1}, {3, 0}}};
    sample.histogram.count = 6;
    sample.histogram.zero_count = 1;
    sample.histogram.sum = 1;
    sample.histogram.positive = {2, 1};
    return sample;
  }
  if (value == 0) return Sample{time, 4.5};
  if (value == 0.5) {
    HistogramSample<FloatHistogram> sample{.time = time};
    sample.histogram.layout = {.schema = kCustomBoundsSchema, .positive_spans = {{1, 2}}, .custom_bounds = {0.1, 1}};
    sample.histogram.count = 2.25;
    sample.histogram.sum = 7;
    sample.histogram.positive = {1.5, 0.75};
    return sample;
  }
  const auto count = static_cast<std::int64_t>(value);
  HistogramSample<Histogram> sample{.time = time};
  sample.histogram.layout = {.schema = 1, .zero_threshold = 0.001, .positive_spans = {{0, 2}}};
  if (count == 3) sample.histogram.counter_reset = CounterReset::kGauge;
  sample.histogram.count = static_cast<std::uint64_t>(4 * count + 2);
  sample.histogram.zero_count = 1;
  sample.histogram.sum = value;
  sample.histogram.positive = {2 * count, 1};
  return sample;
}

Bytes record_of(double value) {
  ByteWriter body;
  const auto encode = [&body](const auto& sample) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(sample)>, Sample>) {
      encode_record_body(sample.value, body);
    } else {
      encode_record_body(sample, body);
    }
  };
  std::visit(encode, sample_of({}, value));
  return std::move(body).take();
}

struct Outcome {
  Windows windows;
  Ledger ledger;
  std::uint64_t series = 0;
  std::uint64_t spilled_bytes = 0;
};

/// How rows are fed. `advances`: (after so many rows, to this time), both rising.
struct Feeding {
  std::size_t batch_rows = 100;
  std::vector<std::pair<std::size_t, std::int64_t>> advances{};
  std::uint64_t memory_bytes = 1 << 30;
  bool numbered = false;
  std::map<std::uint32_t, TestRecords> records{};
};

class RandomJobs : public testing::Test {
 protected:
  void SetUp() override {
    out_ = testing::TempDir() + "/random_jobs_" + testing::UnitTest::GetInstance()->current_test_info()->name() + "_" +
           std::to_string(::getpid());
    ASSERT_TRUE(remove_tree(real_file_system(), out_));
    ASSERT_TRUE(real_file_system().create_directory(out_));
  }
  void TearDown() override { ASSERT_TRUE(remove_tree(real_file_system(), out_)); }

  /// Feed `rows`, write every window as soon as it is sealed, read the blocks back.
  Outcome run(std::span<const TestRow> rows, const Feeding& feeding, const IngestOptions& options,
              std::vector<MetricDef> metrics) {
    MemoryBudget budget(feeding.memory_bytes);
    Ingest ingest(options, std::move(metrics), budget);
    Outcome outcome;
    EntityNumbers numbers;
    auto next_advance = feeding.advances.begin();
    for (std::size_t from = 0; from < rows.size();) {
      std::size_t end = std::min(from + feeding.batch_rows, rows.size());
      if (next_advance != feeding.advances.end()) end = std::min(end, next_advance->first);
      const SampleBatch batch =
          make_batch(rows.subspan(from, end - from), feeding.numbered ? &numbers : nullptr, feeding.records);
      for (std::uint32_t s = 0; s < options.shards; ++s) expect_ok(ingest.append(s, batch));
      from = end;
      if (next_advance == feeding.advances.end() || next_advance->first != from) continue;
      for (std::uint32_t s = 0; s < options.shards; ++s) expect_ok(ingest.advance(s, {next_advance->second}));
      ++next_advance;
      while (windows_taken_ < ingest.windows_sealed()) write_next(ingest, outcome);
    }
    for (std::uint32_t s = 0; s < options.shards; ++s) expect_ok(ingest.advance(s, kTimestampMax));
    while (write_next(ingest, outcome)) {
    }
    EXPECT_EQ(windows_taken_, ingest.windows_sealed());
    windows_taken_ = 0;
    outcome.ledger = ingest.ledger();
    outcome.series = ingest.series().value();
    outcome.spilled_bytes = ingest.spilled_bytes();
    return outcome;
  }

  static void expect_ok(const Status& status) { EXPECT_TRUE(status) << status.error().text(); }

  /// False when there is no window any more.
  bool write_next(Ingest& ingest, Outcome& outcome) {
    std::optional<SealedWindow> window = ingest.next_window();
    if (!window) return false;
    ++windows_taken_;
    const std::int64_t begin = window->range.min.ms;
    EXPECT_EQ(outcome.windows.count(begin), 0U) << "window " << begin << " was sealed twice";
    const std::string directory = join_path(out_, "block");
    const auto written = ingest.write_window(*std::move(window), real_file_system(), directory, Ulid::make({0}, {}));
    EXPECT_TRUE(written) << written.error().text();
    if (!written) return true;
    outcome.windows[begin] = read_back(directory);
    EXPECT_TRUE(remove_tree(real_file_system(), directory));
    return true;
  }

  std::string out_;
  std::uint64_t windows_taken_ = 0;
};

struct Offer {
  std::int64_t window_ms = 0;
  std::string series;
  std::int64_t t_ms = 0;
  double value = 0;
  bool is_record = false;
  [[nodiscard]] auto key() const { return std::tie(window_ms, series, t_ms); }
};

std::vector<Offer> offers_of(std::span<const TestRow> rows, Duration duration, std::span<const MetricDef> metrics) {
  std::vector<Offer> offers;
  for (const TestRow& row : rows) {
    for (std::size_t m = 0; m < metrics.size(); ++m) {
      if (!row.values[m]) continue;
      std::vector<Label> labels(metrics[m].labels.begin(), metrics[m].labels.end());
      if (!row.entity.empty()) labels.push_back({"id", row.entity});
      const std::int64_t window_ms = window_number(row.t_ms, duration.ms) * duration.ms;
      offers.push_back({window_ms, Labels::create(std::move(labels)).value().text(), row.t_ms, *row.values[m],
                        metrics[m].holds_records});
    }
  }
  return offers;
}

/// Which of some values of one time a series of records keeps.
double resolve_values(std::span<const double> offered, DuplicatePolicy policy, DuplicateTally& tally) {
  std::vector<Bytes> distinct;
  for (const double value : offered) {
    Bytes body = record_of(value);
    const auto same = [&](const Bytes& one) { return same_sample(one, body).value(); };
    if (!std::any_of(distinct.begin(), distinct.end(), same)) distinct.push_back(std::move(body));
  }
  tally.merged += offered.size() - distinct.size();
  tally.conflicting += distinct.size() - 1;
  return distinct.size() > 1 && policy == DuplicatePolicy::kKeepLast ? offered.back() : offered.front();
}

/// The same by sorting everything.
Outcome reference(std::span<const TestRow> rows, const IngestOptions& options, std::span<const MetricDef> metrics) {
  std::vector<Offer> offers = offers_of(rows, options.block_duration, metrics);
  std::stable_sort(offers.begin(), offers.end(), [](const Offer& a, const Offer& b) { return a.key() < b.key(); });
  Outcome outcome;
  DuplicateTally tally;
  std::map<std::string, int> series;
  std::vector<Sample> samples;
  for (std::size_t begin = 0; begin < offers.size();) {
    const Offer& offer = offers[begin];
    std::vector<double> same_time;
    std::size_t end = begin;
    for (; end < offers.size() && offers[end].key() == offer.key(); ++end) same_time.push_back(offers[end].value);
    samples.push_back({{offer.t_ms},
                       offer.is_record
                           ? resolve_values(same_time, options.on_duplicate, tally)
                           : resolve_duplicates({offer.t_ms}, same_time, options.on_duplicate, tally).value()});
    begin = end;
    if (end < offers.size() && offers[end].window_ms == offer.window_ms && offers[end].series == offer.series) continue;
    const std::int64_t range_ms = 2 * options.block_duration.ms;
    std::vector<AnySample> any;
    for (const Sample& sample : samples) {
      any.push_back(offer.is_record ? sample_of(sample.time, sample.value) : AnySample(sample));
    }
    for (EncodedChunk& chunk : encode_mixed_series(any, {.chunk_range_ms = range_ms})) {
      outcome.windows[offer.window_ms][offer.series].push_back(std::move(chunk.data));
    }
    outcome.ledger.written += samples.size();
    series[offer.series] = 1;
    samples.clear();
  }
  outcome.ledger.duplicates_merged = tally.merged;
  outcome.ledger.duplicates_conflicting = tally.conflicting;
  outcome.series = series.size();
  return outcome;
}

struct Job {
  std::vector<MetricDef> metrics = metrics_of_three_bundles();
  std::vector<TestRow> rows;
  std::vector<std::pair<std::size_t, std::int64_t>> advances;
};

std::optional<double> random_value(std::mt19937_64& random, unsigned null_percent) {
  if (random() % 100 < null_percent) return std::nullopt;
  constexpr double kValues[] = {1, 2, 3, 0.5, -0.0, 0.0, kNan};
  return kValues[random() % std::size(kValues)];
}

/// Rows in some disorder with many equal times.
std::vector<TestRow> disordered_rows(std::mt19937_64& random, std::size_t metrics) {
  const std::size_t n = 1 + random() % 900;
  const auto entities = static_cast<unsigned>(1 + random() % 6);
  const std::int64_t step = std::int64_t{1} << (random() % 16);
  const std::uint64_t span = 1 + random() % (2 * n);
  const unsigned null_percent = static_cast<unsigned>(random() % 3) * 40;
  const bool apart = random() % 2 == 0;  // rows have values of some metrics only
  std::vector<TestRow> rows;
  for (std::size_t i = 0; i < n; ++i) {
    const unsigned entity = static_cast<unsigned>(random() % entities);
    TestRow row{entity == 0 ? "" : "e" + std::to_string(entity), 0, {}};
    row.t_ms = (static_cast<std::int64_t>(random() % span) - static_cast<std::int64_t>(span / 3)) * step;
    for (std::size_t m = 0; m < metrics; ++m) {
      row.values.push_back(apart && random() % 2 == 0 ? std::nullopt : random_value(random, null_percent));
    }
    rows.push_back(std::move(row));
    while (random() % 8 == 0) rows.push_back(rows[random() % rows.size()]);  // offered again, now or before
  }
  const auto by_time = [](const TestRow& a, const TestRow& b) { return a.t_ms < b.t_ms; };
  const auto order = random() % 3;
  if (order > 0) std::stable_sort(rows.begin(), rows.end(), by_time);
  for (std::size_t moves = order == 1 ? 0 : random() % 20; moves > 0; --moves) {
    std::swap(rows[random() % rows.size()], rows[random() % rows.size()]);
  }
  return rows;
}

Job random_job(std::mt19937_64& random) {
  Job job;
  std::vector<TestRow> rest = disordered_rows(random, job.metrics.size());
  // Cut at rising times: below each, no row comes after the advance; some above come before it.
  std::int64_t time = rest[random() % rest.size()].t_ms;
  for (auto steps = random() % 4; steps > 0; --steps, time += static_cast<std::int64_t>(random() % 20'000'000)) {
    const auto stays = [&](const TestRow& row) { return row.t_ms >= time && random() % 4 > 0; };
    const auto split = std::stable_partition(rest.begin(), rest.end(), [&](const TestRow& row) { return !stays(row); });
    job.rows.insert(job.rows.end(), rest.begin(), split);
    rest.erase(rest.begin(), split);
    if (!job.rows.empty() && (job.advances.empty() || job.advances.back().first < job.rows.size())) {
      job.advances.emplace_back(job.rows.size(), time);
    }
  }
  job.rows.insert(job.rows.end(), rest.begin(), rest.end());
  return job;
}

void expect_same(const Outcome& outcome, const Outcome& expected) {
  EXPECT_EQ(outcome.windows, expected.windows);
  EXPECT_EQ(outcome.ledger.written, expected.ledger.written);
  EXPECT_EQ(outcome.ledger.duplicates_merged, expected.ledger.duplicates_merged);
  EXPECT_EQ(outcome.ledger.duplicates_conflicting, expected.ledger.duplicates_conflicting);
  EXPECT_EQ(outcome.series, expected.series);
  EXPECT_TRUE(outcome.ledger.balances());
}

TEST_F(RandomJobs, MakeWhatSortingEverythingMakes) {
  constexpr DuplicatePolicy kPolicies[] = {DuplicatePolicy::kKeepLast, DuplicatePolicy::kKeepFirst,
                                           DuplicatePolicy::kMin, DuplicatePolicy::kMax, DuplicatePolicy::kSum};
  for (std::uint64_t seed = 0; seed < 150 && !HasFailure(); ++seed) {
    std::mt19937_64 random(seed);
    const Job job = random_job(random);
    IngestOptions options{kTwoHours, kPolicies[seed % std::size(kPolicies)]};
    const Outcome expected = reference(job.rows, options, job.metrics);
    for (options.shards = 1; options.shards <= 4; options.shards *= 2) {
      const Feeding feeding{.batch_rows = 1 + random() % (random() % 2 == 0 ? 10 : 1000),
                            .advances = job.advances,
                            .numbered = random() % 2 == 0};
      SCOPED_TRACE("seed " + std::to_string(seed) + ", shards " + std::to_string(options.shards) + ", batches of " +
                   std::to_string(feeding.batch_rows));
      expect_same(run(job.rows, feeding, options, job.metrics), expected);
    }
  }
}

// From memory that makes closed chunks leave to so little that tables are given up again and again.
TEST_F(RandomJobs, MakeTheSameWhenSpilled) {
  constexpr DuplicatePolicy kPolicies[] = {DuplicatePolicy::kKeepLast, DuplicatePolicy::kKeepFirst,
                                           DuplicatePolicy::kSum};
  std::uint64_t spilled_bytes = 0;
  for (std::uint64_t seed = 1000; seed < 1060 && !HasFailure(); ++seed) {
    std::mt19937_64 random(seed);
    const Job job = random_job(random);
    IngestOptions options{kTwoHours, kPolicies[seed % std::size(kPolicies)]};
    options.fs = &real_file_system();
    options.scratch = out_;
    options.spill_bytes_min = 1;
    const Outcome expected = reference(job.rows, options, job.metrics);
    for (options.shards = 1; options.shards <= 2; ++options.shards) {
      const Feeding feeding{.batch_rows = 20 + random() % 300,
                            .advances = job.advances,
                            .memory_bytes = std::uint64_t{1} << (12 + random() % 8),
                            .numbered = random() % 2 == 0};
      SCOPED_TRACE("seed " + std::to_string(seed) + ", shards " + std::to_string(options.shards) + ", batches of " +
                   std::to_string(feeding.batch_rows));
      const Outcome outcome = run(job.rows, feeding, options, job.metrics);
      expect_same(outcome, expected);
      spilled_bytes += outcome.spilled_bytes;
    }
  }
  EXPECT_GT(spilled_bytes, 100'000U);
}

// One bundle with records and floats beside each other, and one of records alone.
TEST_F(RandomJobs, MakeTheSameOfRecords) {
  constexpr DuplicatePolicy kPolicies[] = {DuplicatePolicy::kKeepLast, DuplicatePolicy::kKeepFirst};
  std::uint64_t spilled_bytes = 0;
  for (std::uint64_t seed = 2000; seed < 2100 && !HasFailure(); ++seed) {
    std::mt19937_64 random(seed);
    Job job = random_job(random);
    for (const std::size_t m : {2U, 3U}) job.metrics[m].holds_records = true;
    IngestOptions options{kTwoHours, kPolicies[seed % std::size(kPolicies)]};
    options.fs = &real_file_system();
    options.scratch = out_;
    options.spill_bytes_min = 1;
    const Outcome expected = reference(job.rows, options, job.metrics);
    for (options.shards = 1; options.shards <= 2; ++options.shards) {
      const Feeding feeding{.batch_rows = 1 + random() % (random() % 2 == 0 ? 10 : 1000),
                            .advances = job.advances,
                            .memory_bytes = std::uint64_t{1} << (random() % 2 == 0 ? 30 : 12 + random() % 8),
                            .numbered = random() % 2 == 0,
                            .records = {{2, &record_of}, {3, &record_of}}};
      SCOPED_TRACE("seed " + std::to_string(seed) + ", shards " + std::to_string(options.shards) + ", batches of " +
                   std::to_string(feeding.batch_rows));
      const Outcome outcome = run(job.rows, feeding, options, job.metrics);
      expect_same(outcome, expected);
      spilled_bytes += outcome.spilled_bytes;
    }
  }
  EXPECT_GT(spilled_bytes, 100'000U);
}

}  // namespace
}  // namespace promfill
