// Goal: whatever the order of rows, their batches and the number of shards, a window has the chunks that Prometheus
// would make of its samples in order, and the ledger adds up. Method: random rows against a reference that sorts
// everything and encodes series by series.
#include "ingest/ingest.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <random>
#include <tuple>

#include "block/block_reader.h"
#include "chunk/xor_chunk.h"
#include "ingest/batch_fixture.h"

namespace promfill {
namespace {

constexpr Duration kTwoHours{2 * 3600 * 1000};
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<MetricDef> two_metrics() {
  return {{Labels::create({{"__name__", "up"}, {"job", "x"}}).value(), MetricType::kGauge},
          {Labels::create({{"__name__", "load"}}).value(), MetricType::kGauge}};
}

/// The first and the last come in the same rows, the others in rows of their own.
std::vector<MetricDef> metrics_of_three_bundles() {
  std::vector<MetricDef> metrics = two_metrics();
  metrics[1].bundle = 7;
  metrics.push_back({Labels::create({{"__name__", "Zeta"}, {"job", "y"}}).value(), MetricType::kCounter, 3});
  metrics.push_back({Labels::create({{"__name__", "disk"}}).value(), MetricType::kGauge, 0});
  return metrics;
}

/// Series of a window, by labels, as chunk bytes.
using Chunks = std::map<std::string, std::vector<Bytes>>;
using Windows = std::map<std::int64_t, Chunks>;

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
};

class Ingesting : public testing::Test {
 protected:
  void SetUp() override {
    out_ = testing::TempDir() + "/ingest_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    ASSERT_TRUE(remove_tree(real_file_system(), out_));
    ASSERT_TRUE(real_file_system().create_directory(out_));
  }
  void TearDown() override { ASSERT_TRUE(remove_tree(real_file_system(), out_)); }

  Outcome run(std::span<const TestRow> rows, std::size_t batch_rows, const IngestOptions& options) {
    return run(rows, Feeding{.batch_rows = batch_rows}, options, two_metrics());
  }

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
      const SampleBatch batch = make_batch(rows.subspan(from, end - from), feeding.numbered ? &numbers : nullptr);
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

  static Chunks read_back(const std::string& directory) {
    Chunks chunks;
    const auto block = BlockReader::open(real_file_system(), directory);
    EXPECT_TRUE(block);
    const std::vector<SeriesRef> refs = block->index().select({}).value();
    for (const SeriesRef ref : refs) {
      const IndexedSeries series = block->index().series(ref).value();
      for (const ChunkMeta& meta : series.chunks) {
        chunks[series.labels.text()].push_back(block->segments().read(meta.ref).value().data);
      }
    }
    return chunks;
  }

  std::string out_;
  std::uint64_t windows_taken_ = 0;
};

struct Offer {
  std::int64_t window_ms = 0;
  std::string series;
  std::int64_t t_ms = 0;
  double value = 0;
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
      offers.push_back({window_ms, Labels::create(std::move(labels)).value().text(), row.t_ms, *row.values[m]});
    }
  }
  return offers;
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
    samples.push_back({{offer.t_ms}, resolve_duplicates({offer.t_ms}, same_time, options.on_duplicate, tally).value()});
    begin = end;
    if (end < offers.size() && offers[end].window_ms == offer.window_ms && offers[end].series == offer.series) continue;
    for (EncodedChunk& chunk : encode_series_chunks(samples, 2 * options.block_duration.ms)) {
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

Windows reference_windows(std::span<const TestRow> rows) { return reference(rows, {kTwoHours}, two_metrics()).windows; }

std::vector<TestRow> random_rows(std::mt19937_64& random, std::size_t n) {
  std::vector<TestRow> rows;
  std::int64_t t = -4 * 3600 * 1000;
  for (std::size_t i = 0; i < n; ++i) {
    t += static_cast<std::int64_t>(random() % 20'000);
    TestRow row{random() % 7 == 0 ? "" : "host" + std::to_string(random() % 5), t, {}};
    for (int m = 0; m < 2; ++m) {
      row.values.push_back(random() % 5 == 0 ? std::nullopt : std::optional(static_cast<double>(random() % 100)));
    }
    rows.push_back(row);
  }
  return rows;
}

TEST_F(Ingesting, OrderedRowsMakePrometheussChunks) {
  std::mt19937_64 random(1);
  const std::vector<TestRow> rows = random_rows(random, 3000);
  const Outcome outcome = run(rows, 100, {kTwoHours, DuplicatePolicy::kKeepLast, 1});
  EXPECT_EQ(outcome.windows, reference_windows(rows));
  EXPECT_TRUE(outcome.ledger.balances());
  EXPECT_GT(outcome.windows.size(), 3U);
}

TEST_F(Ingesting, RowsInOrderAreNotLate) {
  std::vector<TestRow> rows;
  for (std::int64_t i = 0; i < 5000; ++i)
    rows.push_back({"a" + std::to_string(i % 3), i * 5000, {static_cast<double>(i % 17), 2.0}});
  const Outcome outcome = run(rows, 100, {kTwoHours, DuplicatePolicy::kKeepLast, 2});
  EXPECT_EQ(outcome.windows, reference_windows(rows));
  EXPECT_EQ(outcome.ledger.late_samples, 0U);
}

TEST_F(Ingesting, AnyOrderBatchAndShardCountMakesTheSameBytes) {
  std::mt19937_64 random(2);
  std::vector<TestRow> rows;
  for (std::int64_t i = 0; i < 3000; ++i) {
    rows.push_back({"host" + std::to_string(random() % 5), i * 10'000, {static_cast<double>(i % 100), std::nullopt}});
    if (random() % 4 > 0) rows.back().values[1] = static_cast<double>(random() % 100);
  }
  const Windows expected = reference_windows(rows);
  for (const std::uint32_t shards : {1U, 2U, 4U, 16U}) {
    for (const std::size_t batch_rows : {std::size_t{1}, std::size_t{37}, std::size_t{5000}}) {
      std::shuffle(rows.begin(), rows.end(), random);
      const Outcome outcome = run(rows, batch_rows, {kTwoHours, DuplicatePolicy::kKeepLast, shards});
      ASSERT_EQ(outcome.windows, expected) << shards << " shards, batches of " << batch_rows;
      ASSERT_TRUE(outcome.ledger.balances());
      EXPECT_GT(outcome.ledger.late_samples, 1000U);
    }
  }
}

// A few late rows in otherwise ordered input: chunks before the earliest of them keep their bytes, the rest is cut
// anew.
TEST_F(Ingesting, AFewLateSamplesMoveTheLaterCuts) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 30; ++round) {
    std::vector<TestRow> rows;
    for (std::int64_t i = 0; i < 1400; ++i)
      rows.push_back({"a", i * 5000, {static_cast<double>(i % 17), std::nullopt}});
    for (int moves = 0; moves < 1 + round % 3; ++moves) {
      const auto from = static_cast<std::ptrdiff_t>(random() % rows.size());
      std::rotate(rows.begin() + from, rows.begin() + from + 1, rows.end());
    }
    const Outcome outcome = run(rows, 64, {kTwoHours, DuplicatePolicy::kKeepLast, 1});
    ASSERT_EQ(outcome.windows, reference_windows(rows)) << "round " << round;
  }
}

TEST_F(Ingesting, DuplicatesAreMergedOrSettledAndCounted) {
  const std::vector<TestRow> rows = {
      {"a", 1000, {1.0, 1.0}}, {"a", 1000, {1.0, 2.0}}, {"a", 2000, {5.0, 5.0}},
      {"a", 1000, {1.0, 1.0}}, {"a", 2000, {6.0, 5.0}}, {"b", 1000, {1.0, std::nullopt}},
  };
  const Outcome outcome = run(rows, 6, {kTwoHours, DuplicatePolicy::kKeepLast, 2});
  EXPECT_EQ(outcome.windows, reference_windows(rows));
  EXPECT_EQ(outcome.ledger.cells, 12U);
  EXPECT_EQ(outcome.ledger.nulls, 1U);
  EXPECT_EQ(outcome.ledger.duplicates_merged, 2U + 1 + 1);   // up@1000 twice, load@1000 once, load@2000 once
  EXPECT_EQ(outcome.ledger.duplicates_conflicting, 1U + 1);  // load@1000, up@2000
  EXPECT_EQ(outcome.ledger.written, 5U);
  EXPECT_TRUE(outcome.ledger.balances());
}

// The value that was appended last comes again while another for its time waits among the late ones: the last one wins.
TEST_F(Ingesting, KeepLastSeesTheOrderOfOffersBehindAConflict) {
  const std::vector<TestRow> rows = {
      {"a", 1000, {1.0, std::nullopt}}, {"a", 1000, {2.0, std::nullopt}}, {"a", 1000, {1.0, std::nullopt}}};
  const Outcome outcome = run(rows, 1, {kTwoHours, DuplicatePolicy::kKeepLast, 1});
  EXPECT_EQ(outcome.windows, reference_windows(rows));
  EXPECT_EQ(outcome.ledger.duplicates_merged, 1U);
  EXPECT_EQ(outcome.ledger.duplicates_conflicting, 1U);
}

// Where rows were held from the start, advance() finds the conflict; where one was appended, writing the window does.
TEST_F(Ingesting, ConflictsUnderFailNameSeriesAndTime) {
  const std::vector<TestRow> rows = {{"a", 1000, {1.0, std::nullopt}}, {"a", 1000, {2.0, std::nullopt}}};
  for (const std::size_t batch_rows : {std::size_t{1}, std::size_t{2}}) {
    MemoryBudget budget(1 << 30);
    Ingest ingest({kTwoHours, DuplicatePolicy::kFail, 1}, two_metrics(), budget);
    for (std::size_t from = 0; from < rows.size(); from += batch_rows) {
      ASSERT_TRUE(ingest.append(0, make_batch(std::span(rows).subspan(from, batch_rows))));
    }
    const Status advanced = ingest.advance(0, kTimestampMax);
    std::optional<Error> error;
    if (!advanced) {
      error = advanced.error();
    } else {
      const auto written =
          ingest.write_window(*ingest.next_window(), real_file_system(), join_path(out_, "block"), Ulid::make({0}, {}));
      ASSERT_FALSE(written);
      error = written.error();
    }
    EXPECT_EQ(advanced.has_value(), batch_rows == 1);
    EXPECT_EQ(error->code, ErrorCode::kData);
    EXPECT_NE(error->where.find("up{id=\"a\",job=\"x\"} at 1970-01-01T00:00:01"), std::string::npos) << error->text();
  }
}

TEST_F(Ingesting, StopsAtTheMemoryLimit) {
  MemoryBudget budget(4096);
  Ingest ingest({kTwoHours, DuplicatePolicy::kKeepLast, 1}, two_metrics(), budget);
  std::mt19937_64 random(5);
  const Status status = ingest.append(0, make_batch(random_rows(random, 5000)));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kLimit);
}

TEST_F(Ingesting, WindowsAreAlignedWithFloorDivision) {
  EXPECT_EQ(window_number(0, 100), 0);
  EXPECT_EQ(window_number(99, 100), 0);
  EXPECT_EQ(window_number(100, 100), 1);
  EXPECT_EQ(window_number(-1, 100), -1);
  EXPECT_EQ(window_number(-100, 100), -1);
  EXPECT_EQ(window_number(-101, 100), -2);
}

TEST_F(Ingesting, NoRowsMakeNoWindows) {
  const Outcome outcome = run({}, 10, {kTwoHours, DuplicatePolicy::kKeepLast, 2});
  EXPECT_TRUE(outcome.windows.empty());
  EXPECT_TRUE(outcome.ledger.balances());
}

TEST_F(Ingesting, RowsWithoutAnyValueMakeNoWindows) {
  const std::vector<TestRow> rows = {{"a", 1000, {1.0, std::nullopt}}, {"b", 9'000'000, {std::nullopt, std::nullopt}}};
  const Outcome outcome = run(rows, 2, {kTwoHours, DuplicatePolicy::kKeepLast, 1});
  EXPECT_EQ(outcome.windows, reference_windows(rows));
  EXPECT_EQ(outcome.series, 1U);
}

TEST_F(Ingesting, RefusesRowsBelowWhatWasSaidToBeFinished) {
  MemoryBudget budget(1 << 30);
  Ingest ingest({kTwoHours, DuplicatePolicy::kKeepLast, 1}, two_metrics(), budget);
  const std::vector<TestRow> rows = {{"a", kTwoHours.ms, {1.0, 1.0}}, {"a", kTwoHours.ms - 1, {1.0, 1.0}}};
  ASSERT_TRUE(ingest.advance(0, {kTwoHours.ms + 5}));  // in the middle of a window: all of the window may still come
  EXPECT_TRUE(ingest.append(0, make_batch(std::span(rows).first(1))));
  const Status status = ingest.append(0, make_batch(std::span(rows).subspan(1)));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kData);
}

TEST_F(Ingesting, SealsAWindowWhenEveryShardIsBeyondIt) {
  MemoryBudget budget(1 << 30);
  Ingest ingest({kTwoHours, DuplicatePolicy::kKeepLast, 2}, two_metrics(), budget);
  std::vector<TestRow> rows;
  for (std::int64_t i = 0; i < 40; ++i) rows.push_back({"a" + std::to_string(i), (i % 4) * kTwoHours.ms, {1.0, 1.0}});
  for (std::uint32_t s = 0; s < 2; ++s) ASSERT_TRUE(ingest.append(s, make_batch(rows)));
  ASSERT_TRUE(ingest.advance(0, {3 * kTwoHours.ms}));
  EXPECT_EQ(ingest.windows_sealed(), 0U);
  ASSERT_TRUE(ingest.advance(1, {2 * kTwoHours.ms - 1}));
  EXPECT_EQ(ingest.windows_sealed(), 1U);
  ASSERT_TRUE(ingest.advance(1, kTimestampMax));
  EXPECT_EQ(ingest.windows_sealed(), 3U);
  ASSERT_TRUE(ingest.advance(0, kTimestampMax));
  for (std::int64_t number = 0; number < 4; ++number) {
    const std::optional<SealedWindow> window = ingest.next_window();
    ASSERT_TRUE(window);
    EXPECT_EQ(window->range.min.ms, number * kTwoHours.ms);
    EXPECT_EQ(window->range.max.ms, (number + 1) * kTwoHours.ms);
  }
  EXPECT_FALSE(ingest.next_window());
}

// ---- random jobs

struct RandomJob {
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

RandomJob random_job(std::mt19937_64& random) {
  RandomJob job;
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

TEST_F(Ingesting, RandomJobsMakeWhatSortingEverythingMakes) {
  constexpr DuplicatePolicy kPolicies[] = {DuplicatePolicy::kKeepLast, DuplicatePolicy::kKeepFirst,
                                           DuplicatePolicy::kMin, DuplicatePolicy::kMax, DuplicatePolicy::kSum};
  for (std::uint64_t seed = 0; seed < 150 && !HasFailure(); ++seed) {
    std::mt19937_64 random(seed);
    const RandomJob job = random_job(random);
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

// So little memory that tables are given up again and again: each generation is merged with those before it.
TEST_F(Ingesting, RandomJobsMakeTheSameWhenSpilled) {
  constexpr DuplicatePolicy kPolicies[] = {DuplicatePolicy::kKeepLast, DuplicatePolicy::kKeepFirst,
                                           DuplicatePolicy::kSum};
  std::uint64_t spilled_bytes = 0;
  for (std::uint64_t seed = 1000; seed < 1060 && !HasFailure(); ++seed) {
    std::mt19937_64 random(seed);
    const RandomJob job = random_job(random);
    IngestOptions options{kTwoHours, kPolicies[seed % std::size(kPolicies)]};
    options.fs = &real_file_system();
    options.scratch = out_;
    const Outcome expected = reference(job.rows, options, job.metrics);
    for (options.shards = 1; options.shards <= 2; ++options.shards) {
      const Feeding feeding{.batch_rows = 20 + random() % 300,
                            .advances = job.advances,
                            .memory_bytes = std::uint64_t{1} << (12 + random() % 6),
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

}  // namespace
}  // namespace promfill
