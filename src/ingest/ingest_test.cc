// Goal: whatever the order of rows, their batches and the number of shards, a window has the chunks that Prometheus
// would make of its samples in order, and the ledger adds up. Method: random rows against a reference that sorts
// everything and encodes series by series.
#include "ingest/ingest.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <random>

#include "block/block_reader.h"
#include "chunk/xor_chunk.h"
#include "ingest/batch_fixture.h"

namespace promfill {
namespace {

constexpr Duration kTwoHours{2 * 3600 * 1000};

std::vector<MetricDef> two_metrics() {
  return {{Labels::create({{"__name__", "up"}, {"job", "x"}}).value(), MetricType::kGauge},
          {Labels::create({{"__name__", "load"}}).value(), MetricType::kGauge}};
}

/// Series of a window, by labels, as chunk bytes.
using Chunks = std::map<std::string, std::vector<Bytes>>;
using Windows = std::map<std::int64_t, Chunks>;

struct Outcome {
  Windows windows;
  Ledger ledger;
};

class Ingesting : public testing::Test {
 protected:
  void SetUp() override {
    out_ = testing::TempDir() + "/ingest_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    ASSERT_TRUE(remove_tree(real_file_system(), out_));
    ASSERT_TRUE(real_file_system().create_directory(out_));
  }
  void TearDown() override { ASSERT_TRUE(remove_tree(real_file_system(), out_)); }

  /// Feed `rows` in batches of `batch_rows`, write every window, read the blocks back.
  Outcome run(std::span<const TestRow> rows, std::size_t batch_rows, const IngestOptions& options) {
    MemoryBudget budget(1 << 30);
    Ingest ingest(options, two_metrics(), budget);
    for (std::size_t from = 0; from < rows.size(); from += batch_rows) {
      const SampleBatch batch = make_batch(rows.subspan(from, std::min(batch_rows, rows.size() - from)));
      for (std::uint32_t s = 0; s < options.shards; ++s) EXPECT_TRUE(ingest.append(s, batch));
    }
    ingest.seal();
    Outcome outcome;
    for (std::size_t i = 0; i < ingest.windows().size(); ++i) {
      const std::string directory = join_path(out_, std::to_string(i));
      const auto written = ingest.write_window(i, real_file_system(), directory, Ulid::make({0}, {}));
      EXPECT_TRUE(written) << written.error().text();
      if (!written) continue;
      outcome.windows[ingest.windows()[i].range.min.ms] = read_back(directory);
      EXPECT_TRUE(remove_tree(real_file_system(), directory));
    }
    outcome.ledger = ingest.ledger();
    return outcome;
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
};

/// The same by sorting everything; of equal times the last row wins.
Windows reference(std::span<const TestRow> rows, Duration duration) {
  std::map<std::int64_t, std::map<std::string, std::map<std::int64_t, double>>> sorted;
  for (const TestRow& row : rows) {
    const std::int64_t window = window_number(row.t_ms, duration.ms) * duration.ms;
    const std::string id = row.entity.empty() ? "" : "id=\"" + row.entity + "\"";
    if (row.values[0]) sorted[window]["up{" + (id.empty() ? "" : id + ",") + "job=\"x\"}"][row.t_ms] = *row.values[0];
    if (row.values[1]) sorted[window][id.empty() ? "load" : "load{" + id + "}"][row.t_ms] = *row.values[1];
  }
  Windows windows;
  for (const auto& [window, all] : sorted) {
    for (const auto& [labels, by_time] : all) {
      std::vector<Sample> samples;
      for (const auto& [t, v] : by_time) samples.push_back({{t}, v});
      for (EncodedChunk& chunk : encode_series_chunks(samples, 2 * duration.ms)) {
        windows[window][labels].push_back(std::move(chunk.data));
      }
    }
  }
  return windows;
}

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
  EXPECT_EQ(outcome.windows, reference(rows, kTwoHours));
  EXPECT_TRUE(outcome.ledger.balances());
  EXPECT_EQ(outcome.ledger.late_samples, 0U);
  EXPECT_GT(outcome.windows.size(), 3U);
}

TEST_F(Ingesting, AnyOrderBatchAndShardCountMakesTheSameBytes) {
  std::mt19937_64 random(2);
  std::vector<TestRow> rows = random_rows(random, 3000);
  const Windows expected = reference(rows, kTwoHours);
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
    ASSERT_EQ(outcome.windows, reference(rows, kTwoHours)) << "round " << round;
  }
}

TEST_F(Ingesting, DuplicatesAreMergedOrSettledAndCounted) {
  const std::vector<TestRow> rows = {
      {"a", 1000, {1.0, 1.0}}, {"a", 1000, {1.0, 2.0}}, {"a", 2000, {5.0, 5.0}},
      {"a", 1000, {1.0, 1.0}}, {"a", 2000, {6.0, 5.0}}, {"b", 1000, {1.0, std::nullopt}},
  };
  const Outcome outcome = run(rows, 2, {kTwoHours, DuplicatePolicy::kKeepLast, 2});
  EXPECT_EQ(outcome.windows, reference(rows, kTwoHours));
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
  EXPECT_EQ(outcome.windows, reference(rows, kTwoHours));
  EXPECT_EQ(outcome.ledger.duplicates_merged, 1U);
  EXPECT_EQ(outcome.ledger.duplicates_conflicting, 1U);
}

TEST_F(Ingesting, ConflictsUnderFailNameSeriesAndTime) {
  const std::vector<TestRow> rows = {{"a", 1000, {1.0, std::nullopt}}, {"a", 1000, {2.0, std::nullopt}}};
  MemoryBudget budget(1 << 30);
  Ingest ingest({kTwoHours, DuplicatePolicy::kFail, 1}, two_metrics(), budget);
  ASSERT_TRUE(ingest.append(0, make_batch(rows)));
  ingest.seal();
  const auto written = ingest.write_window(0, real_file_system(), join_path(out_, "block"), Ulid::make({0}, {}));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kData);
  EXPECT_NE(written.error().where.find("up{id=\"a\",job=\"x\"} at 1970-01-01T00:00:01"), std::string::npos)
      << written.error().text();
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

}  // namespace
}  // namespace promfill
