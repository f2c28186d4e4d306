// Goal: whatever the order of rows, their batches and the number of shards, a window has the chunks that Prometheus
// would make of its samples in order, and the ledger adds up. Method: random rows against a reference that sorts
// everything and encodes series by series.
#include "ingest/ingest.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "chunk/xor_chunk.h"
#include "file/faulty_file_system.h"
#include "ingest/read_back.h"
#include "store/batch_fixture.h"

namespace promfill {
namespace {

constexpr Duration kTwoHours{2 * 3600 * 1000};

std::vector<MetricDef> two_metrics() {
  return {{Labels::create({{"__name__", "up"}, {"job", "x"}}).value(), MetricType::kGauge},
          {Labels::create({{"__name__", "load"}}).value(), MetricType::kGauge}};
}

struct Outcome {
  Windows windows;
  Ledger ledger;
  std::uint64_t spilled_bytes = 0;
  std::uint64_t series = 0;
};

class Ingesting : public testing::Test {
 protected:
  void SetUp() override {
    out_ = testing::TempDir() + "/ingest_" + testing::UnitTest::GetInstance()->current_test_info()->name() +
           std::to_string(::getpid());
    ASSERT_TRUE(remove_tree(real_file_system(), out_));
    ASSERT_TRUE(real_file_system().create_directory(out_));
  }
  void TearDown() override { ASSERT_TRUE(remove_tree(real_file_system(), out_)); }

  /// Feed `rows` in batches of `batch_rows`, write every window, read the blocks back.
  /// @param memory_bytes  with less than the rows need, shards spill.
  Outcome run(std::span<const TestRow> rows, std::size_t batch_rows, IngestOptions options,
              std::uint64_t memory_bytes = 1 << 30) {
    options.fs = &real_file_system();
    options.scratch = out_;
    options.spill_bytes_min = 1;
    MemoryBudget budget(memory_bytes);
    Ingest ingest(options, two_metrics(), budget);
    for (std::size_t from = 0; from < rows.size(); from += batch_rows) {
      const SampleBatch batch = make_batch(rows.subspan(from, std::min(batch_rows, rows.size() - from)));
      for (std::uint32_t s = 0; s < options.shards; ++s) EXPECT_TRUE(ingest.append(s, batch));
    }
    for (std::uint32_t s = 0; s < options.shards; ++s) EXPECT_TRUE(ingest.advance(s, kTimestampMax));
    Outcome outcome;
    while (auto window = ingest.next_window()) {
      const std::int64_t begin_ms = window->range.min.ms;
      const std::string directory = join_path(out_, std::to_string(begin_ms));
      const auto written = ingest.write_window(*std::move(window), real_file_system(), directory, Ulid::make({0}, {}));
      EXPECT_TRUE(written) << written.error().text();
      if (!written) continue;
      outcome.windows[begin_ms] = read_back(directory);
      EXPECT_TRUE(remove_tree(real_file_system(), directory));
    }
    outcome.ledger = ingest.ledger();
    outcome.spilled_bytes = ingest.spilled_bytes();
    outcome.series = ingest.series().value();
    return outcome;
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
  const Status sealed = ingest.advance(0, kTimestampMax);
  ASSERT_FALSE(sealed);
  EXPECT_EQ(sealed.error().code, ErrorCode::kData);
  EXPECT_NE(sealed.error().where.find("up{id=\"a\",job=\"x\"} at 1970-01-01T00:00:01"), std::string::npos)
      << sealed.error().text();
}

TEST_F(Ingesting, StopsAtTheMemoryLimit) {
  MemoryBudget budget(4096);
  Ingest ingest({kTwoHours, DuplicatePolicy::kKeepLast, 1}, two_metrics(), budget);
  std::mt19937_64 random(5);
  const Status status = ingest.append(0, make_batch(random_rows(random, 5000)));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kLimit);
}

// Memory for everything, for the tables alone, and not even for those: closed chunks are spilled, or whole generations.
/// 40 entities of two metrics, of which one has no value in every fourth: 70 series.
TEST_F(Ingesting, MoreSeriesThanTheLimitStopTheJob) {
  std::vector<TestRow> rows;
  for (int i = 0; i < 200; ++i) {
    const bool both = i % 40 % 4 != 0;
    rows.push_back({"e" + std::to_string(i % 40), i * 1000, {1.0, both ? std::optional(2.0) : std::nullopt}});
  }
  for (const std::uint32_t shards : {1U, 3U}) {
    for (const std::uint64_t series_max : {69U, 70U, 71U}) {
      MemoryBudget budget(1 << 30);
      Ingest ingest({.block_duration = kTwoHours, .shards = shards, .series_max = series_max}, two_metrics(), budget);
      Status status;
      for (std::size_t from = 0; from < rows.size() && status; from += 10) {
        const SampleBatch batch = make_batch(std::span(rows).subspan(from, 10));
        for (std::uint32_t s = 0; s < shards && status; ++s) status = ingest.append(s, batch);
      }
      ASSERT_EQ(status.has_value(), series_max >= 70) << shards << " shards, limit " << series_max;
      if (status) continue;
      EXPECT_EQ(status.error().code, ErrorCode::kLimit);
      EXPECT_EQ(status.error().message, "the job has more than 69 series");
      EXPECT_NE(status.error().hint.find("--limit series="), std::string::npos);
    }
  }
}

/// Each half of the rows has entities of its own, and memory for one half: no shard ever sees all series at once.
TEST_F(Ingesting, SeriesOfTablesThatWereGivenUpCount) {
  std::vector<TestRow> rows;
  for (int i = 0; i < 40'000; ++i) rows.push_back({"e" + std::to_string(i / 2), i * 100, {1.0, 2.0}});
  for (const std::uint64_t series_max : {39'999U, 40'000U, 40'001U}) {
    MemoryBudget budget(10 << 20);
    Ingest ingest({.block_duration = kTwoHours,
                   .fs = &real_file_system(),
                   .spill_bytes_min = 1,
                   .series_max = series_max,
                   .scratch = out_},
                  two_metrics(), budget);
    for (std::size_t from = 0; from < rows.size(); from += 1000) {
      ASSERT_TRUE(ingest.append(0, make_batch(std::span(rows).subspan(from, 1000))));
    }
    ASSERT_TRUE(ingest.advance(0, kTimestampMax));
    EXPECT_GT(ingest.spilled_bytes(), 0U);
    const auto series = ingest.series();
    ASSERT_EQ(series.has_value(), series_max >= 40'000) << series_max;
    if (series) continue;
    EXPECT_EQ(series.error().code, ErrorCode::kLimit);
  }
}

TEST_F(Ingesting, AnyMemoryMakesTheSameBytesAndCounts) {
  std::mt19937_64 random(7);
  for (const DuplicatePolicy policy : {DuplicatePolicy::kKeepLast, DuplicatePolicy::kKeepFirst, DuplicatePolicy::kMin,
                                       DuplicatePolicy::kMax, DuplicatePolicy::kSum}) {
    for (const bool shuffled : {false, true}) {
      std::vector<TestRow> rows = random_rows(random, 4000);
      for (int i = 0; i < 200; ++i) {  // the same times again, some with other values, some thrice
        TestRow again = rows[random() % rows.size()];
        if (random() % 2 == 0) again.values[0] = static_cast<double>(random() % 5);
        rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(random() % rows.size()), again);
      }
      if (shuffled) std::shuffle(rows.begin(), rows.end(), random);
      const Outcome plenty = run(rows, 64, {kTwoHours, policy, 2});
      EXPECT_EQ(plenty.spilled_bytes, 0U);
      ASSERT_TRUE(plenty.ledger.balances());
      for (const std::uint64_t memory : {400'000U, 120'000U, 20'000U}) {
        const Outcome tight = run(rows, 64, {kTwoHours, policy, 2}, memory);
        ASSERT_EQ(tight.windows, plenty.windows) << to_string(policy) << ", " << memory << " bytes, " << shuffled;
        EXPECT_EQ(tight.series, plenty.series);
        EXPECT_EQ(tight.ledger.written, plenty.ledger.written);
        EXPECT_EQ(tight.ledger.duplicates_merged, plenty.ledger.duplicates_merged) << to_string(policy) << memory;
        EXPECT_EQ(tight.ledger.duplicates_conflicting, plenty.ledger.duplicates_conflicting);
        ASSERT_TRUE(tight.ledger.balances());
        EXPECT_EQ(tight.spilled_bytes > 0, memory <= 120'000);
      }
    }
  }
}

// Hundreds of runs are merged on the way: few files are open at the end.
TEST_F(Ingesting, HoweverManyRunsFewAreLeft) {
  std::mt19937_64 random(11);
  std::vector<TestRow> rows = random_rows(random, 6000);
  std::shuffle(rows.begin(), rows.end(), random);
  const Outcome plenty = run(rows, 64, {kTwoHours, DuplicatePolicy::kKeepFirst, 1});
  MemoryBudget budget(4096);
  Ingest ingest({.block_duration = kTwoHours,
                 .on_duplicate = DuplicatePolicy::kKeepFirst,
                 .fs = &real_file_system(),
                 .spill_bytes_min = 1,
                 .scratch = out_},
                two_metrics(), budget);
  for (std::size_t from = 0; from < rows.size(); from += 4) {
    ASSERT_TRUE(
        ingest.append(0, make_batch(std::span(rows).subspan(from, std::min<std::size_t>(4, rows.size() - from)))));
  }
  ASSERT_TRUE(ingest.advance(0, kTimestampMax));
  std::size_t files = 0;
  int latest = 0;
  for (const auto& entry : std::filesystem::directory_iterator(out_)) {
    ++files;
    latest = std::max(latest, std::stoi(entry.path().filename().string().substr(4)));
  }
  EXPECT_GT(latest, 1000);
  EXPECT_LT(files, 3 * 32U);
  Windows windows;
  while (auto window = ingest.next_window()) {
    const std::int64_t begin_ms = window->range.min.ms;
    const std::string block = join_path(out_, std::to_string(begin_ms));
    ASSERT_TRUE(ingest.write_window(*std::move(window), real_file_system(), block, Ulid::make({0}, {})));
    windows[begin_ms] = read_back(block);
    ASSERT_TRUE(remove_tree(real_file_system(), block));
  }
  EXPECT_EQ(windows, plenty.windows);
  EXPECT_EQ(ingest.series().value(), plenty.series);
  EXPECT_EQ(ingest.ledger().duplicates_conflicting, plenty.ledger.duplicates_conflicting);
}

TEST_F(Ingesting, ADamagedRunIsAnErrorThatNamesIt) {
  std::mt19937_64 random(8);
  std::vector<TestRow> rows = random_rows(random, 4000);
  MemoryBudget budget(20'000);
  Ingest ingest({.block_duration = kTwoHours, .fs = &real_file_system(), .spill_bytes_min = 1, .scratch = out_},
                two_metrics(), budget);
  for (std::size_t from = 0; from < rows.size(); from += 100) {
    ASSERT_TRUE(ingest.append(0, make_batch(std::span(rows).subspan(from, 100))));
  }
  ASSERT_TRUE(ingest.advance(0, kTimestampMax));
  const std::string run = join_path(out_, "run-0");
  {  // in place: it is open
    std::fstream file(run, std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(std::filesystem::file_size(run) / 2);
    file.seekg(middle);
    const auto byte = static_cast<char>(file.get() ^ 4);
    file.seekp(middle);
    file.put(byte);
  }
  std::optional<Error> error;
  for (auto window = ingest.next_window(); window && !error; window = ingest.next_window()) {
    const std::string block = join_path(out_, std::to_string(window->range.min.ms));
    const auto written = ingest.write_window(*std::move(window), real_file_system(), block, Ulid::make({0}, {}));
    if (!written) error = written.error();
  }
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::kCorrupt);
  EXPECT_NE(error->where.find("run-0"), std::string::npos) << error->text();
}

TEST_F(Ingesting, AFullDiskWhileSpillingIsAnErrorAndLeavesNoRun) {
  std::mt19937_64 random(9);
  const std::vector<TestRow> rows = random_rows(random, 4000);
  FaultyFileSystem faulty(real_file_system());
  faulty.fail({.nth = 2, .call = FileCall::kAppend, .code = ErrorCode::kNoSpace, .lasting = true});
  MemoryBudget budget(20'000);
  Status status;
  {
    Ingest ingest({.block_duration = kTwoHours, .fs = &faulty, .spill_bytes_min = 1, .scratch = out_}, two_metrics(),
                  budget);
    for (std::size_t from = 0; from < rows.size() && status; from += 100) {
      status = ingest.append(0, make_batch(std::span(rows).subspan(from, 100)));
    }
  }
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kNoSpace);
  EXPECT_TRUE(std::filesystem::is_empty(out_));
}

// A watermark: windows are sealed while rows of later ones come, and rows that come too late are refused.
TEST_F(Ingesting, AdvancingSealsWindowsEarly) {
  std::mt19937_64 random(10);
  std::vector<TestRow> rows = random_rows(random, 3000);
  const Windows expected = reference(rows, kTwoHours);
  for (std::size_t i = 0; i + 50 < rows.size(); i += 50) {  // disorder, but not much
    std::shuffle(rows.begin() + static_cast<std::ptrdiff_t>(i), rows.begin() + static_cast<std::ptrdiff_t>(i + 50),
                 random);
  }
  for (const std::uint64_t memory : {1U << 30, 20'000U}) {
    MemoryBudget budget(memory);
    Ingest ingest(
        {.block_duration = kTwoHours, .shards = 2, .fs = &real_file_system(), .spill_bytes_min = 1, .scratch = out_},
        two_metrics(), budget);
    Windows windows;
    std::size_t sealed_before_the_end = 0;
    const auto write_sealed = [&](bool wait) {
      while (wait || ingest.windows_sealed() > windows.size()) {
        auto window = ingest.next_window();
        if (!window) return;
        const std::int64_t begin = window->range.min.ms;
        const std::string block = join_path(out_, std::to_string(begin));
        ASSERT_TRUE(ingest.write_window(*std::move(window), real_file_system(), block, Ulid::make({0}, {})));
        windows[begin] = read_back(block);
        ASSERT_TRUE(remove_tree(real_file_system(), block));
      }
    };
    for (std::size_t from = 0; from < rows.size(); from += 50) {
      const auto batch = std::span(rows).subspan(from, std::min<std::size_t>(50, rows.size() - from));
      std::int64_t later_from = INT64_MAX;
      for (std::size_t i = from + batch.size(); i < rows.size(); ++i) later_from = std::min(later_from, rows[i].t_ms);
      for (std::uint32_t s = 0; s < 2; ++s) {
        ASSERT_TRUE(ingest.append(s, make_batch(batch)));
        ASSERT_TRUE(ingest.advance(s, {later_from}));
      }
      if (from + 50 < rows.size()) {
        write_sealed(false);
        sealed_before_the_end = windows.size();
      }
    }
    write_sealed(true);
    EXPECT_EQ(windows, expected);
    EXPECT_GE(sealed_before_the_end + 1, expected.size());
    EXPECT_TRUE(ingest.ledger().balances());
  }
}

TEST_F(Ingesting, ARowOfASealedWindowIsRefused) {
  MemoryBudget budget(1 << 30);
  Ingest ingest({kTwoHours, DuplicatePolicy::kKeepLast, 1}, two_metrics(), budget);
  ASSERT_TRUE(ingest.append(0, make_batch(std::vector<TestRow>{{"a", 1000, {1.0, 1.0}}})));
  ASSERT_TRUE(ingest.advance(0, {kTwoHours.ms + 5}));
  ASSERT_TRUE(ingest.append(0, make_batch(std::vector<TestRow>{{"a", kTwoHours.ms, {1.0, 1.0}}})));
  const Status status = ingest.append(0, make_batch(std::vector<TestRow>{{"b", kTwoHours.ms - 1, {1.0, 1.0}}}));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kData);
  EXPECT_NE(status.error().message.find("1970-01-01T01:59:59.999"), std::string::npos) << status.error().text();
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
  EXPECT_EQ(outcome.windows, reference(rows, kTwoHours));
  EXPECT_EQ(outcome.series, 1U);
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

}  // namespace
}  // namespace promfill
