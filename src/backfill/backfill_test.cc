// Goal: a whole job on tables in memory: same bytes for any number of threads and any split into pieces, rejects and
// reports, and nothing left behind when a job fails at any file-system call.
#include "backfill/backfill.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <random>
#include <thread>

#include "backfill/table_source.h"
#include "block/block_reader.h"
#include "block/block_verifier.h"
#include "file/faulty_file_system.h"

namespace promfill {
namespace {

constexpr std::int64_t kStart = 1'600'000'000;
const FixedClock kClock({1'700'000'000'000});

struct Row {
  std::optional<std::int64_t> time_s;
  std::string host;
  std::optional<double> load;
};

std::unique_ptr<Source> table(const std::vector<Row>& rows, std::size_t piece_rows, std::string name = "table") {
  std::vector<std::optional<std::int64_t>> times;
  std::vector<std::optional<std::string>> hosts;
  std::vector<std::optional<double>> loads;
  for (const Row& row : rows) {
    times.push_back(row.time_s);
    hosts.push_back(row.host);
    loads.push_back(row.load);
  }
  return std::make_unique<TableSource>(
      std::move(name), std::vector<TableColumn>{{"time", times}, {"host", hosts}, {"load", loads}}, piece_rows);
}

std::vector<std::unique_ptr<Source>> one(std::unique_ptr<Source> source) {
  std::vector<std::unique_ptr<Source>> sources;
  sources.push_back(std::move(source));
  return sources;
}

std::vector<Row> random_rows(std::size_t n, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Row> rows;
  for (std::size_t i = 0; i < n; ++i) {
    Row row{kStart + static_cast<std::int64_t>(i * 30), "host" + std::to_string(random() % 7), {}};
    if (random() % 10 != 0) row.load = static_cast<double>(random() % 50) / 4;
    rows.push_back(row);
  }
  return rows;
}

class Backfilling : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "/backfill_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    ASSERT_TRUE(remove_tree(real_file_system(), root_));
    ASSERT_TRUE(real_file_system().create_directory(root_));
    out_ = join_path(root_, "out");
  }
  void TearDown() override { ASSERT_TRUE(remove_tree(real_file_system(), root_)); }

  BackfillOptions options() const {
    BackfillOptions options;
    options.out = out_;
    options.threads = 1;
    options.created_at = Timestamp{1'650'000'000'000};
    return options;
  }

  Result<Report> run(std::vector<std::unique_ptr<Source>> sources, const BackfillOptions& options,
                     FileSystem& fs = real_file_system()) {
    Progress progress;
    return run_backfill(std::move(sources), {}, options, {&fs, &kClock, &progress, {}});
  }

  /// Names and bytes of every file of every block in OUT.
  std::map<std::string, Bytes> block_files() const {
    std::map<std::string, Bytes> files;
    const auto blocks = find_blocks(real_file_system(), out_);
    if (!blocks) return files;
    for (const std::string& block : *blocks) {
      for (const char* name : {"index", "meta.json", "tombstones", "chunks/000001"}) {
        const std::string path = join_path(block, name);
        files[path] = read_file(real_file_system(), path, 1 << 30).value();
      }
    }
    return files;
  }

  std::vector<std::string> names_in(const std::string& directory) const {
    std::vector<std::string> names;
    const auto entries = real_file_system().list(directory);
    if (!entries) return names;
    for (const DirectoryEntry& entry : *entries) names.push_back(entry.name);
    return names;
  }

  std::string root_;
  std::string out_;
};

TEST_F(Backfilling, ThreadsAndPiecesDoNotChangeAByte) {
  const std::vector<Row> rows = random_rows(2000, 1);
  std::map<std::string, Bytes> expected;
  for (const std::uint32_t threads : {1U, 2U, 4U, 16U}) {
    for (const std::size_t piece_rows : {std::size_t{7}, std::size_t{100}, std::size_t{5000}}) {
      BackfillOptions o = options();
      o.threads = threads;
      const auto report = run(one(table(rows, piece_rows)), o);
      ASSERT_TRUE(report) << report.error().text();
      EXPECT_TRUE(report->ledger.balances());
      EXPECT_EQ(report->ledger.cells, rows.size());
      const std::map<std::string, Bytes> files = block_files();
      if (expected.empty()) expected = files;
      ASSERT_GT(files.size(), 20U);
      ASSERT_EQ(files, expected) << threads << " threads, pieces of " << piece_rows;
      ASSERT_TRUE(remove_tree(real_file_system(), out_));
    }
  }
}

TEST_F(Backfilling, RefusesAMemoryLimitThatIsTooSmallAndSaysWhatIsChosen) {
  BackfillOptions o = options();
  o.memory_limit_bytes = (64 << 20) - 1;
  const auto refused = run(one(table(random_rows(50, 1), 8)), o);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
  EXPECT_EQ(refused.error().where, "--memory-limit");
  EXPECT_TRUE(names_in(root_).empty());
  o.memory_limit_bytes = 64 << 20;
  const auto report = run(one(table(random_rows(50, 1), 8)), o);
  ASSERT_TRUE(report) << report.error().text();
  ASSERT_GT(report->tuning.size(), 4U);
  EXPECT_EQ(report->tuning[0], "threads 1: as asked");
  EXPECT_EQ(report->tuning[2], "memory limit 64MiB: as asked");
  EXPECT_EQ(report->decisions.back(), "block duration 2h: the span of the data isn't known before it is read");
}

TEST_F(Backfilling, ReportsWhatTheBlocksHold) {
  const auto report = run(one(table(random_rows(1000, 2), 64)), options());
  ASSERT_TRUE(report) << report.error().text();
  std::uint64_t samples = 0;
  for (const ReportedBlock& block : report->blocks) {
    samples += block.meta.stats.samples;
    const VerifyReport verified =
        verify_block(real_file_system(), join_path(out_, block.meta.ulid.text()), {.strict = true});
    EXPECT_TRUE(verified.ok());
  }
  EXPECT_EQ(samples, report->ledger.samples_written());
  EXPECT_EQ(report->ledger.cells, report->ledger.written + report->ledger.nulls);
  EXPECT_EQ(report->series, 7U);
  EXPECT_TRUE(std::is_sorted(report->blocks.begin(), report->blocks.end(),
                             [](const auto& a, const auto& b) { return a.meta.range.min < b.meta.range.min; }));
}

TEST_F(Backfilling, CutsSegmentsAtTheLimitOfTheJob) {
  BackfillOptions o = options();
  o.segment_bytes_max = 300;
  const auto report = run(one(table(random_rows(1000, 2), 64)), o);
  ASSERT_TRUE(report) << report.error().text();
  const std::string block = join_path(out_, report->blocks.front().meta.ulid.text());
  EXPECT_GT(names_in(join_path(block, "chunks")).size(), 1U);
}

TEST_F(Backfilling, SetsRejectedRowsAsideWithTheirPlace) {
  std::vector<Row> rows = random_rows(20, 3);
  rows[4].time_s = std::nullopt;
  rows[4].load = 1.5;
  rows[9].time_s = 5;
  rows[9].load = 2.5;
  const auto report = run(one(table(rows, 8)), options());
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->ledger.rejected, 2U);
  EXPECT_EQ(report->ledger.rejected_by_reason.at("null_timestamp"), 1U);
  EXPECT_EQ(report->ledger.rejected_by_reason.at("implausible_timestamp"), 1U);
  const Bytes file = read_file(real_file_system(), report->rejects_file, 1 << 20).value();
  const std::string text(as_text(file));
  EXPECT_NE(text.find(R"("file":"table","row":5,"column":"time","reason":"null_timestamp")"), std::string::npos)
      << text;
  EXPECT_NE(text.find(R"("row":10,"column":"time","reason":"implausible_timestamp","value":"5")"), std::string::npos)
      << text;
}

TEST_F(Backfilling, StopsAtTheFirstRejectUnderFail) {
  std::vector<Row> rows = random_rows(20, 4);
  rows[4].time_s = std::nullopt;
  BackfillOptions o = options();
  o.on_reject = RejectPolicy::kFail;
  const auto report = run(one(table(rows, 8)), o);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kData);
  EXPECT_NE(report.error().where.find("row 5"), std::string::npos) << report.error().text();
  EXPECT_TRUE(names_in(root_).empty()) << "OUT was made by the failed job and must be gone";
}

TEST_F(Backfilling, NamesTheFirstErrorInTheOrderOfTheInputWhicheverThreadIsFirst) {
  auto rows = table(random_rows(200, 4), 100);
  auto& failing = static_cast<TableSource&>(*rows);
  failing.before_piece(0, [] { std::this_thread::sleep_for(std::chrono::milliseconds(20)); });
  failing.fail_at(100, {ErrorCode::kData, "the earlier", "row 100"});
  failing.fail_at(101, {ErrorCode::kData, "the later", "row 101"});
  BackfillOptions o = options();
  o.threads = 2;
  const auto report = run(one(std::move(rows)), o);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().where, "row 100");
}

TEST_F(Backfilling, StopsWhenMoreAreRejectedThanAllowed) {
  std::vector<Row> rows = random_rows(20, 5);
  for (int i = 0; i < 3; ++i) {
    rows[static_cast<std::size_t>(i)].time_s = std::nullopt;
    rows[static_cast<std::size_t>(i)].load = 1;
  }
  BackfillOptions o = options();
  o.rejects_max = 2;
  EXPECT_FALSE(run(one(table(rows, 8)), o));
  o.rejects_max = 3;
  EXPECT_TRUE(run(one(table(rows, 8)), o));
}

TEST_F(Backfilling, CountsDroppedRejectsAgainstTheBound) {
  std::vector<Row> rows = random_rows(20, 5);
  rows[0] = {std::nullopt, "a", 1.0};
  BackfillOptions o = options();
  o.on_reject = RejectPolicy::kDrop;
  o.rejects_max = 0;
  EXPECT_FALSE(run(one(table(rows, 8)), o));
  o.rejects_max = 1;
  const auto report = run(one(table(rows, 8)), o);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->rejects_file, "");
}

TEST_F(Backfilling, ClearsTheRejectsOfAKilledJobAndKeepsNoneOfAFailedOne) {
  std::vector<Row> rows = random_rows(20, 5);
  rows[0] = {std::nullopt, "a", 1.0};
  BackfillOptions o = options();
  o.rejects = join_path(root_, "rejects.jsonl");
  ASSERT_TRUE(write_file(real_file_system(), o.rejects + ".unfinished", as_bytes("half a li")));
  o.rejects_max = 0;
  EXPECT_FALSE(run(one(table(rows, 8)), o));
  EXPECT_TRUE(names_in(root_).empty());
  o.rejects_max = 1;
  const auto report = run(one(table(rows, 8)), o);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(names_in(root_), (std::vector<std::string>{"out", "rejects.jsonl"}));
}

TEST_F(Backfilling, StopsWhenTheUnitIsWrong) {
  std::vector<Row> rows = random_rows(20, 6);
  for (Row& row : rows) row.time_s = 86400 + *row.time_s - kStart;  // seconds since some other epoch
  const auto report = run(one(table(rows, 8)), options());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kData);
  EXPECT_TRUE(names_in(root_).empty());
}

TEST_F(Backfilling, RefusesThePrometheusDataDirectory) {
  ASSERT_TRUE(create_directories(real_file_system(), join_path(out_, "wal")));
  const auto report = run(one(table(random_rows(20, 7), 8)), options());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kRefused);
  EXPECT_EQ(names_in(out_), std::vector<std::string>{"wal"});
}

TEST_F(Backfilling, RefusesSamplesThatABlockAlreadyHas) {
  ASSERT_TRUE(run(one(table(random_rows(50, 8), 8)), options()));
  const std::map<std::string, Bytes> before = block_files();
  BackfillOptions later = options();
  later.created_at = Timestamp{1'660'000'000'000};
  const auto again = run(one(table(random_rows(50, 8), 8)), later);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kRefused);
  EXPECT_NE(again.error().message.find("load{host="), std::string::npos) << again.error().text();
  EXPECT_EQ(block_files(), before);
}

TEST_F(Backfilling, AddsToBlocksThatHaveOtherTimes) {
  ASSERT_TRUE(run(one(table(random_rows(50, 9), 8)), options()));
  const std::size_t before = block_files().size();
  std::vector<Row> rows = random_rows(50, 9);
  for (Row& row : rows) *row.time_s += 86400;
  BackfillOptions later = options();
  later.created_at = Timestamp{1'660'000'000'000};
  ASSERT_TRUE(run(one(table(rows, 8)), later));
  EXPECT_GT(block_files().size(), before);
}

// The invariant: after a failure at any call there is no block, or all of them.
TEST_F(Backfilling, LeavesAllOrNothingWhenAnyCallFails) {
  const std::vector<Row> rows = random_rows(60, 10);
  ASSERT_TRUE(run(one(table(rows, 16)), options()));
  const std::map<std::string, Bytes> whole = block_files();
  ASSERT_TRUE(remove_tree(real_file_system(), out_));
  std::uint64_t failures = 0;
  for (std::uint64_t n = 1;; ++n) {
    FaultyFileSystem fs(real_file_system());
    fs.fail({.nth = n, .code = ErrorCode::kNoSpace});
    const auto report = run(one(table(rows, 16)), options(), fs);
    const bool injected = fs.struck();
    const std::map<std::string, Bytes> left = block_files();
    if (!report) {
      ++failures;
      ASSERT_TRUE(left.empty()) << "call " << n << ": " << report.error().text();
    } else {
      ASSERT_EQ(left, whole) << "call " << n;
    }
    ASSERT_TRUE(remove_tree(real_file_system(), out_));
    if (!injected) break;
  }
  EXPECT_GT(failures, 30U);
}

// The invariant under death: at any call the process ends there, and the same command finishes the job with the same
// bytes and counts.
TEST_F(Backfilling, GoesOnFromWhereverItDied) {
  std::vector<Row> rows = random_rows(400, 11);
  rows[100].time_s.reset();  // two rejects, far apart
  rows[300].time_s.reset();
  for (int i = 0; i < 40; ++i) rows.push_back(rows[static_cast<std::size_t>(i * 9)]);  // late, equal and conflicting
  for (int i = 0; i < 20; ++i) rows[static_cast<std::size_t>(420 + i)].load = 1000 + i;
  BackfillOptions o = options();
  o.checkpoint_interval = {};
  const auto undisturbed = run(one(table(rows, 50)), o);
  ASSERT_TRUE(undisturbed) << undisturbed.error().text();
  ASSERT_GT(undisturbed->ledger.duplicates_conflicting, 0U);
  const std::map<std::string, Bytes> whole = block_files();
  const Bytes rejects = read_file(real_file_system(), undisturbed->rejects_file, 1 << 20).value();
  int resumed = 0;
  int died = 0;
  for (std::uint64_t n = 1; true; n += 1 + n / 40) {
    ASSERT_TRUE(remove_tree(real_file_system(), out_));
    FaultyFileSystem fs(real_file_system());
    fs.fail({.nth = n, .lasting = true});
    o.threads = static_cast<std::uint32_t>(1 + n % 2);
    const bool done = run(one(table(rows, 50)), o, fs).has_value();
    if (!fs.struck()) break;
    ++died;
    if (n % 3 == 0) {  // and once more, on its way to go on
      FaultyFileSystem again(real_file_system());
      again.fail({.nth = 1 + n * 7 % 100, .lasting = true});
      (void)run(one(table(rows, 50)), o, again);
    }
    o.threads = static_cast<std::uint32_t>(1 + n % 3);
    const auto report = run(one(table(rows, 50)), o);
    if (!report) {  // its commit was completed, and in-memory tables don't count as imported
      ASSERT_EQ(report.error().code, ErrorCode::kRefused) << "call " << n << ": " << report.error().text();
    } else {
      ASSERT_FALSE(done) << "call " << n;
      resumed += static_cast<int>(report->resumed);
      Ledger ledger = report->ledger;
      ledger.late_samples = undisturbed->ledger.late_samples;  // how rows fall into batches has an influence
      ASSERT_EQ(ledger, undisturbed->ledger) << "call " << n;
      ASSERT_EQ(report->series, undisturbed->series) << "call " << n;
    }
    ASSERT_EQ(block_files(), whole) << "call " << n;
    ASSERT_EQ(read_file(real_file_system(), undisturbed->rejects_file, 1 << 20).value(), rejects) << "call " << n;
    ASSERT_EQ(names_in(join_path(out_, ".promfill")).size(), 6U)
        << "lock, manifest, metadata of the job and of all, rejects, summary; call " << n;
  }
  EXPECT_GT(died, 80);
  EXPECT_GT(resumed, 40);
}

TEST_F(Backfilling, ThatIsStoppedGoesOnAndReadsNoPieceTwice) {
  const std::vector<Row> rows = random_rows(2000, 12);
  BackfillOptions o = options();
  const auto undisturbed = run(one(table(rows, 100)), o);
  ASSERT_TRUE(undisturbed);
  const std::map<std::string, Bytes> whole = block_files();
  ASSERT_TRUE(remove_tree(real_file_system(), out_));
  o.checkpoint_interval = {};
  {
    std::stop_source stop;
    auto source = table(rows, 100);
    static_cast<TableSource&>(*source).before_piece(15, [&stop] { stop.request_stop(); });
    Progress progress;
    const auto stopped =
        run_backfill(one(std::move(source)), {}, o, {&real_file_system(), &kClock, &progress, stop.get_token()});
    ASSERT_FALSE(stopped);
    ASSERT_EQ(stopped.error().code, ErrorCode::kStopped);
    EXPECT_TRUE(block_files().empty());
  }
  o.resume = ResumePolicy::kRequire;
  int pieces_read = 0;
  auto source = table(rows, 100);
  for (std::size_t piece = 0; piece < 20; ++piece) {
    static_cast<TableSource&>(*source).before_piece(piece, [&pieces_read] { ++pieces_read; });
  }
  const auto report = run(one(std::move(source)), o);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_TRUE(report->resumed);
  EXPECT_LT(pieces_read, 10);
  EXPECT_EQ(report->ledger, undisturbed->ledger);
  EXPECT_EQ(block_files(), whole);
}

}  // namespace
}  // namespace promfill
