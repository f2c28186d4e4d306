// Goal: an audit accepts what import makes, whatever the policy, the order of rows and the memory, and names anything
// else. Method: tables are imported; then samples of the blocks are changed, or rows of the table.
#include "audit/audit.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "backfill/backfill.h"
#include "backfill/table_source.h"
#include "block/example_block.h"
#include "file/faulty_file_system.h"

namespace promfill {
namespace {

constexpr std::int64_t kStart = 1'600'000'000;
const FixedClock kClock({1'700'000'000'000});

struct Row {
  std::optional<std::int64_t> time_s;
  std::string host;
  std::optional<double> load;
  std::optional<std::int64_t> jobs = 1;
};

std::vector<std::unique_ptr<Source>> table(const std::vector<Row>& rows, std::size_t piece_rows = 100) {
  std::vector<std::optional<std::int64_t>> times;
  std::vector<std::optional<std::string>> hosts;
  std::vector<std::optional<double>> loads;
  std::vector<std::optional<std::int64_t>> jobs;
  for (const Row& row : rows) {
    times.push_back(row.time_s);
    hosts.push_back(row.host);
    loads.push_back(row.load);
    jobs.push_back(row.jobs);
  }
  std::vector<std::unique_ptr<Source>> sources;
  sources.push_back(std::make_unique<TableSource>(
      "table", std::vector<TableColumn>{{"time", times}, {"host", hosts}, {"load", loads}, {"jobs", jobs}},
      piece_rows));
  return sources;
}

/// Rows in no order, with nulls, unusable times, and several values for one time.
std::vector<Row> random_rows(std::size_t n, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const double values[] = {0.0,
                           -0.0,
                           1.5,
                           -2,
                           std::numeric_limits<double>::quiet_NaN(),
                           std::bit_cast<double>(kStaleNanBits),
                           std::numeric_limits<double>::infinity()};
  std::vector<Row> rows;
  for (std::size_t i = 0; i < n; ++i) {
    Row row{kStart + static_cast<std::int64_t>(random() % n * 20), "host" + std::to_string(random() % 5), {}, {}};
    if (random() % 10 != 0) row.load = values[random() % std::size(values)];
    if (random() % 3 != 0) row.jobs = static_cast<std::int64_t>(random() % 4);
    if (random() % 50 == 0) row.time_s.reset();
    if (random() % 50 == 0) row.time_s = 100;  // implausible
    rows.push_back(row);
  }
  return rows;
}

std::vector<Row> plain_rows() {
  std::vector<Row> rows;
  for (std::int64_t i = 0; i < 600; ++i) {
    rows.push_back({kStart + i / 2 * 60, i % 2 == 0 ? "a" : "b", static_cast<double>(i) / 4});
  }
  return rows;
}

/// A source with statistics of its time column, in seconds, and a count of how often pieces were read.
class SourceWithStatistics final : public Source {
 public:
  SourceWithStatistics(std::unique_ptr<Source> source, std::vector<ColumnRange> times) : source_(std::move(source)) {
    pieces_.assign(source_->pieces().begin(), source_->pieces().end());
    for (std::size_t i = 0; i < pieces_.size(); ++i) pieces_[i].ranges = {times[i]};
  }
  [[nodiscard]] const std::string& name() const override { return source_->name(); }
  [[nodiscard]] const SourceSchema& schema() const override { return source_->schema(); }
  [[nodiscard]] std::span<const PieceInfo> pieces() const override { return pieces_; }
  Result<std::unique_ptr<BatchReader>> read(std::size_t piece, std::span<const ColumnRequest> columns,
                                            std::int64_t batch_rows) override {
    reads_ += columns.size() > 1;  // else: times alone, to judge their unit
    return source_->read(piece, columns, batch_rows);
  }
  [[nodiscard]] std::size_t reads() const { return reads_; }

 private:
  std::unique_ptr<Source> source_;
  std::vector<PieceInfo> pieces_;
  std::size_t reads_ = 0;
};

class Auditing : public testing::Test {
 protected:
  void import(const std::vector<Row>& rows) {
    Progress progress;
    options_.out = out_;
    options_.threads = 1;
    options_.created_at = Timestamp{1'650'000'000'000};
    const auto report =
        run_backfill(table(rows), mapping_, options_, {&real_file_system(), &kClock, &progress, {}, {}, {}});
    ASSERT_TRUE(report) << report.error().text();
    imported_ = report->ledger;
  }

  [[nodiscard]] Result<AuditReport> audit(const std::vector<std::unique_ptr<Source>>& sources,
                                          std::uint64_t memory_bytes = 64 << 20) const {
    const auto blocks = find_blocks(real_file_system(), out_);
    EXPECT_TRUE(blocks);
    MemoryBudget budget(memory_bytes);
    const AuditEnvironment environment{.fs = &real_file_system(), .clock = &kClock, .budget = &budget};
    auto report = audit_blocks(sources, mapping_, options_, *blocks, environment);
    EXPECT_EQ(budget.used_bytes(), 0U);
    return report;
  }

  /// The ledger of the audit is that of the import.
  void expect_same_ledger(const AuditReport& report) const {
    EXPECT_EQ(report.judged.rows_read, imported_.rows_read);
    EXPECT_EQ(report.judged.cells, imported_.cells);
    EXPECT_EQ(report.judged.nulls, imported_.nulls);
    EXPECT_EQ(report.judged.rejected_by_reason, imported_.rejected_by_reason);
    EXPECT_EQ(report.judged.out_of_window, imported_.out_of_window);
    EXPECT_EQ(report.tally.merged, imported_.duplicates_merged);
    EXPECT_EQ(report.tally.conflicting, imported_.duplicates_conflicting);
    EXPECT_EQ(report.tally.written, imported_.written);
    EXPECT_EQ(report.tally.samples, imported_.samples_written());
  }

  static std::string first(const AuditReport& report) {
    return report.differences.empty() ? "no difference" : report.differences[0].text();
  }

  /// Import plain rows, let `change` have its way with all series of the one block, and audit it.
  template <typename Change>
  AuditReport after(Change change) {
    EXPECT_TRUE(remove_tree(real_file_system(), out_));
    options_.block_duration = Duration{30LL * 24 * 3600 * 1000};
    import(plain_rows());
    const auto blocks = find_blocks(real_file_system(), out_);
    EXPECT_EQ(blocks->size(), 1U);
    std::vector<SeriesSamples> series = read(blocks->front());
    change(series);
    EXPECT_TRUE(remove_tree(real_file_system(), blocks->front()));
    const auto written = write_block(real_file_system(), out_ + "/" + std::string(kExampleUlid), series);
    EXPECT_TRUE(written) << written.error().text();
    const auto report = audit(table(plain_rows()));
    EXPECT_TRUE(report) << report.error().text();
    return *report;
  }

  static std::vector<SeriesSamples> read(const std::string& path) {
    const auto block = BlockReader::open(real_file_system(), path);
    EXPECT_TRUE(block);
    std::vector<SeriesSamples> all;
    for (const SeriesRef ref : *block->index().select({})) {
      const auto series = block->index().series(ref);
      EXPECT_TRUE(series);
      SeriesSamples& one = all.emplace_back();
      one.labels = series->labels;
      EXPECT_TRUE(block->read_samples(series->chunks, kTimestampMin, kTimestampMax, one.samples));
    }
    return all;
  }

  TemporaryDirectory directory_;
  std::string out_ = directory_ / "out";
  Mapping mapping_;
  BackfillOptions options_;
  Ledger imported_;
};

TEST_F(Auditing, AcceptsWhatImportMadeUnderEveryPolicy) {
  for (const DuplicatePolicy policy : {DuplicatePolicy::kKeepLast, DuplicatePolicy::kKeepFirst, DuplicatePolicy::kMin,
                                       DuplicatePolicy::kMax, DuplicatePolicy::kSum}) {
    for (const std::uint64_t seed : {1, 2, 3}) {
      SCOPED_TRACE(std::string(to_string(policy)) + ", seed " + std::to_string(seed));
      ASSERT_TRUE(remove_tree(real_file_system(), out_));
      options_.on_duplicate = policy;
      options_.block_duration = Duration{2 * 3600 * 1000};
      const std::vector<Row> rows = random_rows(2000, seed);
      import(rows);
      const auto report = audit(table(rows, 333));
      ASSERT_TRUE(report) << report.error().text();
      EXPECT_TRUE(report->ok()) << first(*report);
      expect_same_ledger(*report);
      EXPECT_EQ(report->parts, 1U);
      EXPECT_GT(report->tally.conflicting, 0U);
      EXPECT_GT(report->tally.merged, 0U);
      EXPECT_GT(report->judged.rejected, 0U);
    }
  }
}

TEST_F(Auditing, SplitsWhatDoesNotFitTheMemory) {
  options_.block_duration = Duration{2 * 3600 * 1000};
  const std::vector<Row> rows = random_rows(20'000, 7);
  import(rows);
  for (const std::uint64_t memory_bytes : {1U << 20, 400U << 10, 340U << 10}) {
    SCOPED_TRACE(memory_bytes);
    const auto report = audit(table(rows), memory_bytes);
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_TRUE(report->ok()) << first(*report);
    expect_same_ledger(*report);
    EXPECT_GT(report->parts, 1U);
  }
  const auto report = audit(table(rows), 64 << 10);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kLimit);
}

TEST_F(Auditing, SplitsBySeriesWhereTimeDoesNotHelp) {
  std::vector<Row> rows;
  for (std::int64_t i = 0; i < 6000; ++i) rows.push_back({kStart, "host" + std::to_string(i), 1.0});
  import(rows);
  const auto report = audit(table(rows), 512 << 10);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_TRUE(report->ok()) << first(*report);
  expect_same_ledger(*report);
  EXPECT_GT(report->parts, 1U);
}

TEST_F(Auditing, ReadsAPieceForThePartsThatItsStatisticsReach) {
  std::vector<Row> rows;
  for (std::int64_t i = 0; i < 60'000; ++i) rows.push_back({kStart + i, "a", static_cast<double>(i), {}});
  options_.block_duration = Duration{3600 * 1000};
  import(rows);
  std::vector<ColumnRange> times;
  for (std::int64_t i = 0; i < 12; ++i) times.push_back({0, kStart + i * 5000, kStart + i * 5000 + 4999});
  std::vector<std::unique_ptr<Source>> sources;
  sources.push_back(std::make_unique<SourceWithStatistics>(std::move(table(rows, 5000)[0]), times));
  const auto report = audit(sources, 600 << 10);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_TRUE(report->ok()) << first(*report);
  expect_same_ledger(*report);
  EXPECT_GT(report->parts, 4U);
  EXPECT_LE(static_cast<const SourceWithStatistics&>(*sources[0]).reads(), 12 + report->parts);

  times[7].max -= 1;
  sources[0] = std::make_unique<SourceWithStatistics>(std::move(table(rows, 5000)[0]), times);
  const auto lied_to = audit(sources);
  ASSERT_FALSE(lied_to);
  EXPECT_EQ(lied_to.error().code, ErrorCode::kCorrupt);
}

TEST_F(Auditing, CountsTheCellsOfPiecesThatReachNoPart) {
  std::vector<Row> rows = plain_rows();
  for (Row& row : std::span(rows).last(100)) row.time_s = 1000;  // implausible, and known to be
  import(rows);
  std::vector<ColumnRange> times;
  for (std::int64_t i = 0; i < 5; ++i) times.push_back({0, kStart + i * 3000, kStart + i * 3000 + 2940});
  times.push_back({0, 1000, 1000});
  std::vector<std::unique_ptr<Source>> sources;
  sources.push_back(std::make_unique<SourceWithStatistics>(std::move(table(rows)[0]), times));
  const auto report = audit(sources);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_TRUE(report->ok()) << first(*report);
  expect_same_ledger(*report);
  EXPECT_EQ(report->judged.rejected, 200U);
}

TEST_F(Auditing, JudgesTimesAsImportDoes) {
  options_.min_time = Timestamp{(kStart + 3000) * 1000};
  options_.max_time = Timestamp{(kStart + 9000) * 1000};
  import(plain_rows());
  const auto report = audit(table(plain_rows()));
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_TRUE(report->ok()) << first(*report);
  expect_same_ledger(*report);
  EXPECT_GT(report->judged.out_of_window, 0U);

  options_.min_time.reset();
  const auto other = audit(table(plain_rows()));
  ASSERT_TRUE(other);
  EXPECT_FALSE(other->ok());
  EXPECT_EQ(other->tally.missing, 200U);
  EXPECT_EQ(first(*other), "load{host=\"a\"} at 2020-09-13T12:26:40.000Z: 0 by table, row 1, but no sample");
}

TEST_F(Auditing, NamesASampleThatIsGone) {
  const AuditReport report =
      after([](std::vector<SeriesSamples>& series) { series[3].samples.erase(series[3].samples.begin() + 7); });
  EXPECT_EQ(report.tally.missing, 1U);
  EXPECT_EQ(report.tally.unexplained, 0U);
  EXPECT_TRUE(report.balances());
  EXPECT_EQ(first(report), "load{host=\"b\"} at 2020-09-13T12:33:40.000Z: 3.75 by table, row 16, but no sample");
}

TEST_F(Auditing, NamesASeriesThatIsGone) {
  const AuditReport report = after([](std::vector<SeriesSamples>& series) { series.pop_back(); });
  EXPECT_EQ(report.tally.missing, 300U);
  EXPECT_EQ(report.differences.size(), 20U);
  EXPECT_EQ(first(report), "load{host=\"b\"} at 2020-09-13T12:26:40.000Z: 0.25 by table, row 2, but no sample");
}

TEST_F(Auditing, NamesAValueOfOtherBits) {
  const AuditReport one = after([](std::vector<SeriesSamples>& series) { series[2].samples[1].value = -0.5; });
  EXPECT_EQ(one.tally.other_values, 1U);
  EXPECT_EQ(first(one), "load{host=\"a\"} at 2020-09-13T12:27:40.000Z: 0.5 by table, row 3, but the sample is -0.5");
  const AuditReport zero = after([](std::vector<SeriesSamples>& series) { series[2].samples[0].value = -0.0; });
  EXPECT_EQ(first(zero), "load{host=\"a\"} at 2020-09-13T12:26:40.000Z: 0 by table, row 1, but the sample is -0");
}

TEST_F(Auditing, NamesASampleWithoutACell) {
  const AuditReport added = after([](std::vector<SeriesSamples>& series) {
    series[0].samples.push_back({{series[0].samples.back().time.ms + 1}, 5});
  });
  EXPECT_EQ(added.tally.unexplained, 1U);
  EXPECT_EQ(added.tally.missing, 0U);
  EXPECT_EQ(first(added), "jobs{host=\"a\"} at 2020-09-13T17:25:40.001Z: the sample 5 in " + out_ + "/" +
                              std::string(kExampleUlid) + " comes from no cell");
  const AuditReport moved = after([](std::vector<SeriesSamples>& series) { series[0].samples[4].time.ms += 1; });
  EXPECT_EQ(moved.tally.unexplained, 1U);
  EXPECT_EQ(moved.tally.missing, 1U);
  const AuditReport renamed = after(
      [](std::vector<SeriesSamples>& series) { series[3].labels = labels_of({{"__name__", "load"}, {"host", "c"}}); });
  EXPECT_EQ(renamed.tally.unexplained, 300U);
  EXPECT_EQ(renamed.tally.missing, 300U);
}

TEST_F(Auditing, NamesASampleThatStandsInTwoBlocks) {
  after([](std::vector<SeriesSamples>&) {});
  const std::vector<SeriesSamples> series = read(out_ + "/" + std::string(kExampleUlid));
  const std::string again = out_ + "/01M81YYM12S0BSQ0VZ337X1V4V";
  const SeriesSamples part{series[1].labels, {series[1].samples.begin() + 5, series[1].samples.begin() + 8}};
  ASSERT_TRUE(write_block(real_file_system(), again, {part}, "01M81YYM12S0BSQ0VZ337X1V4V"));
  const auto report = audit(table(plain_rows()));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->tally.unexplained, 3U);
  EXPECT_EQ(report->tally.missing, 0U);
  EXPECT_NE(first(*report).find("in " + again), std::string::npos) << first(*report);
}

TEST_F(Auditing, NamesTheRowAlsoWhereRowsAreSortedByEntity) {
  std::vector<Row> rows;
  for (std::int64_t i = 0; i < 400; ++i) rows.push_back({kStart + i, "host" + std::to_string(i * 7 % 5), 1.0});
  rows[50].time_s.reset();
  import(rows);
  rows[123].load = 2;
  const auto report = audit(table(rows, 90));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->tally.other_values, 1U);
  EXPECT_EQ(first(*report),
            "load{host=\"host1\"} at 2020-09-13T12:28:43.000Z: 2 by table, row 124, but the sample is 1");
}

TEST_F(Auditing, HoldsThePolicyAgainstTheBlocks) {
  const std::vector<Row> rows{{kStart, "a", 3.0}, {kStart, "a", 1.0}, {kStart, "a", 2.0}, {kStart + 60, "a", 9.0}};
  options_.on_duplicate = DuplicatePolicy::kMax;
  import(rows);
  const std::pair<DuplicatePolicy, std::string_view> cases[] = {
      {DuplicatePolicy::kKeepLast, "2 by table, row 3, but the sample is 3"},
      {DuplicatePolicy::kKeepFirst, "no difference"},
      {DuplicatePolicy::kMin, "1 by table, row 3, but the sample is 3"},
      {DuplicatePolicy::kMax, "no difference"},
      {DuplicatePolicy::kSum, "6 by table, row 3, but the sample is 3"},
      {DuplicatePolicy::kFail, "different values, the last by table, row 3, which --on-duplicate fail refuses"},
  };
  for (const auto& [policy, expected] : cases) {
    options_.on_duplicate = policy;
    const auto report = audit(table(rows));
    ASSERT_TRUE(report);
    EXPECT_TRUE(first(*report).ends_with(expected)) << to_string(policy) << ": " << first(*report);
    EXPECT_EQ(report->ok(), expected == "no difference");
    EXPECT_EQ(report->tally.conflicting, 2U);
  }
}

TEST_F(Auditing, BearsManyValuesForOneTime) {
  std::vector<Row> rows;
  for (std::int64_t i = 0; i < 3000; ++i) rows.push_back({kStart, "a", static_cast<double>(i % 1500), {}});
  import(rows);
  const auto report = audit(table(rows));
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok()) << first(*report);
  expect_same_ledger(*report);
  EXPECT_EQ(report->tally.conflicting, 1499U);
}

TEST_F(Auditing, TellsOfEveryCallThatFails) {
  options_.block_duration = Duration{2 * 3600 * 1000};
  import(plain_rows());
  const auto blocks = find_blocks(real_file_system(), out_);
  ASSERT_EQ(blocks->size(), 3U);
  const auto sources = table(plain_rows());
  MemoryBudget budget(64 << 20);
  FaultyFileSystem fs(real_file_system());
  std::uint64_t call = 1;
  for (;; ++call) {
    fs.fail({.nth = call});
    const auto report = audit_blocks(sources, mapping_, options_, *blocks,
                                     {.fs = &fs, .clock = &kClock, .budget = &budget, .differences_max = 20});
    if (!fs.struck()) {
      EXPECT_TRUE(report && report->ok());
      break;
    }
    ASSERT_FALSE(report) << "call " << call;
    EXPECT_EQ(report.error().code, ErrorCode::kIo);
  }
  EXPECT_GT(call, 20U);
}

TEST_F(Auditing, PassesOnWhatTheMappingRefuses) {
  import(plain_rows());
  mapping_.metrics.emplace(1).front().column = "absent";
  const auto report = audit(table(plain_rows()));
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kUsage);
}

}  // namespace
}  // namespace promfill
