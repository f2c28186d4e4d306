// Jobs of records end to end: a schema, tables through a channel or append(), and what is then in the blocks. Also
// every way in which a job must leave nothing behind.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <future>
#include <map>
#include <random>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "promfill/backfill.h"
#include "record/job_fixture.h"

namespace promfill {
namespace {

/// The record of the origin's README, name by name.
struct BaseRecord {
  std::int64_t Timestamp = 0;
  double SystemRunning = 0;
  double ManagementRunning = 0;
  double TotalNodesRunning = 0;
  std::map<std::string, std::string> GetAdditionalLabels() const {
    return {{"MyLabel1", "MyValue1"}, {"MyLabel2", "my value"}};
  }
};

struct Usage {
  std::int64_t at = 0;
  std::string host;
  int rack = 0;
  double cpu = 0;
  std::optional<std::int64_t> requests;
};

struct Reading {
  std::chrono::system_clock::time_point timestamp;
  float celsius = 0;
  bool throws = false;
  std::string extra_name;
  std::string extra_value;
  void additional_labels(LabelSink& out) const {
    if (throws) throw std::runtime_error("no labels today");
    if (!extra_name.empty()) out.add(extra_name, extra_value);
  }
};

}  // namespace

template <>
struct Schema<BaseRecord> {
  static constexpr auto fields =
      promfill::fields(field<&BaseRecord::SystemRunning>(
                           "metric_type:gauge,description:The system is up and running,humanName:System is running"),
                       field<&BaseRecord::ManagementRunning>("metric_type:gauge"),
                       field<&BaseRecord::TotalNodesRunning>("metric_type:gauge,metric_name:nodes"));
};

template <>
struct Schema<Usage> {
  static constexpr auto fields =
      promfill::fields(timestamp<&Usage::at>(TimeUnit::seconds), label<&Usage::host>("instance"), label<&Usage::rack>(),
                       field<&Usage::cpu>("metric_type:gauge"),
                       field<&Usage::requests>("metric_type:counter,metric_name:requests_total"));
};

template <>
struct Schema<Reading> {
  static constexpr auto fields =
      promfill::fields(field<&Reading::celsius>("metric_type:gauge,metric_name:temperature,unit:celsius"));
};

namespace {

using RecordJobTest = RecordJobFixture;

std::vector<Usage> usage_table(int hosts, int rows_per_host, std::int64_t from = kStart) {
  std::vector<Usage> table;
  for (int h = 0; h < hosts; ++h) {
    for (int r = 0; r < rows_per_host; ++r) {
      table.push_back({from + 10 * r, "host" + std::to_string(h), h % 3, h + r / 100.0,
                       r % 4 == 0 ? std::nullopt : std::optional<std::int64_t>(r)});
    }
  }
  return table;
}

TEST_F(RecordJobTest, OriginsExampleGivesItsSeries) {
  Channel<std::vector<BaseRecord>> tables(128);
  auto job = Backfill<BaseRecord>::create(options());
  ASSERT_TRUE(job.has_value()) << job.error().text();
  std::jthread producer([&] {
    for (int table = 0; table < 20; ++table) {
      std::vector<BaseRecord> rows;
      for (int r = 0; r < 10; ++r) rows.push_back({kStart + table * 100 + r * 10, 1, 0, 3.0 + r});
      if (!tables.send(std::move(rows))) return;
    }
    tables.close();
  });
  const Result<Report> report = job->run(tables, {.tables_expected = 20});
  ASSERT_TRUE(report.has_value()) << report.error().text();
  EXPECT_EQ(report->ledger.rows_read, 200U);
  EXPECT_EQ(report->ledger.written, 600U);
  EXPECT_EQ(report->series, 3U);
  const Series all = series();
  ASSERT_EQ(all.size(), 3U);
  const std::string system =
      R"(SystemRunning{MyLabel1="MyValue1",MyLabel2="my value",description="The system is up and running",humanName="System is running"})";
  ASSERT_TRUE(all.contains(system)) << all.begin()->first;
  EXPECT_EQ(all.at(system).size(), 200U);
  const auto& nodes = all.at(R"(nodes{MyLabel1="MyValue1",MyLabel2="my value"})");
  EXPECT_EQ(nodes.at((kStart + 110) * 1000), 4.0);
  EXPECT_EQ(job->stats().stage, Stats::Stage::kDone);
  EXPECT_EQ(job->stats().tables_read, 20U);
  EXPECT_EQ(job->stats().samples_written, 600U);
}

TEST_F(RecordJobTest, MetadataCanBeKeptOutOfTheLabels) {
  BackfillOptions without = options();
  without.metadata_as_labels = false;
  auto job = Backfill<BaseRecord>::create(without);
  ASSERT_TRUE(job.has_value());
  ASSERT_TRUE(job->append({BaseRecord{kStart, 1, 2, 3}}).has_value());
  ASSERT_TRUE(job->finish().has_value());
  EXPECT_TRUE(series().contains(R"(SystemRunning{MyLabel1="MyValue1",MyLabel2="my value"})"));
}

TEST_F(RecordJobTest, EveryCellIsCounted) {
  auto job = Backfill<Usage>::create(options());
  ASSERT_TRUE(job.has_value());
  std::vector<Usage> rows = usage_table(3, 100);
  rows[5].at = 0;                                  // 1970: implausible
  rows[6].host = "\xff";                           // not UTF-8
  rows[7].requests = (std::int64_t{1} << 53) + 1;  // no double
  rows.push_back(rows[8]);                         // merged
  std::vector<std::vector<Usage>> tables{rows, {}};
  const Result<Report> report = job->run(tables);
  ASSERT_TRUE(report.has_value()) << report.error().text();
  const Ledger& ledger = report->ledger;
  EXPECT_TRUE(ledger.balances());
  EXPECT_EQ(ledger.rows_read, 301U);
  EXPECT_EQ(ledger.cells, 602U);
  EXPECT_EQ(ledger.nulls, 76U);  // 75, and that of the row that stands twice
  EXPECT_EQ(ledger.rejected_by_reason,
            (std::map<std::string, std::uint64_t>{{"implausible_timestamp", 2}, {"invalid_utf8", 2}}));
  EXPECT_EQ(ledger.values_rounded, 1U);
  EXPECT_EQ(ledger.duplicates_merged, 1U);
  std::stringstream rejects;
  rejects << std::ifstream(report->rejects_file).rdbuf();
  EXPECT_NE(rejects.str().find(R"(Usage")"), std::string::npos) << rejects.str();
  EXPECT_NE(rejects.str().find(R"("cpu":0.05)"), std::string::npos) << rejects.str();
}

TEST_F(RecordJobTest, ShuffledRowsOfManyProducersGiveTheSameSamples) {
  std::vector<Usage> rows = usage_table(50, 400);
  Series expected;
  for (const Usage& row : rows) {
    const std::string labels = "{instance=\"" + row.host + "\",rack=\"" + std::to_string(row.rack) + "\"}";
    expected["cpu" + labels][row.at * 1000] = row.cpu;
    if (row.requests) expected["requests_total" + labels][row.at * 1000] = static_cast<double>(*row.requests);
  }
  std::shuffle(rows.begin(), rows.end(), std::mt19937(7));
  constexpr std::size_t kProducers = 8;
  Channel<std::vector<Usage>> tables(2);
  auto job = Backfill<Usage>::create(options());
  ASSERT_TRUE(job.has_value());
  std::atomic<std::size_t> left{kProducers};
  std::vector<std::jthread> producers;
  for (std::size_t p = 0; p < kProducers; ++p) {
    producers.emplace_back([&, p] {
      for (std::size_t at = p * 100; at < rows.size(); at += kProducers * 100) {
        const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(at);
        if (!tables.send({begin, begin + 100})) return;
      }
      if (--left == 0) tables.close();
    });
  }
  const Result<Report> report = job->run(tables);
  ASSERT_TRUE(report.has_value()) << report.error().text();
  EXPECT_EQ(series(), expected);
}

TEST_F(RecordJobTest, AppendTakesRowsFromManyThreads) {
  const std::vector<Usage> rows = usage_table(40, 100);
  auto job = Backfill<Usage>::create(options());
  ASSERT_TRUE(job.has_value());
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t at = t * 1000; at < (t + 1) * 1000; at += 250) {
          EXPECT_TRUE(job->append(std::span(rows).subspan(at, 250)).has_value());
        }
      });
    }
  }
  const Result<Report> report = job->finish();
  ASSERT_TRUE(report.has_value()) << report.error().text();
  EXPECT_EQ(report->ledger.rows_read, 4000U);
  EXPECT_EQ(report->ledger.written + report->ledger.nulls, 8000U);
  EXPECT_EQ(report->series, 80U);
}

TEST_F(RecordJobTest, SeveralTypesShareOneJob) {
  Channel<std::variant<std::vector<Usage>, std::vector<Reading>>> tables(8);
  auto job = Backfill<Usage, Reading>::create(options());
  ASSERT_TRUE(job.has_value());
  std::vector<Reading> readings(2);
  readings[0].timestamp = std::chrono::system_clock::time_point(std::chrono::seconds(kStart));
  readings[0].celsius = 20.5F;
  readings[1] = readings[0];
  readings[1].extra_name = "room";
  readings[1].extra_value = "a";
  tables.send(usage_table(2, 2));
  tables.send(readings);
  tables.close();
  const Result<Report> report = job->run(tables);
  ASSERT_TRUE(report.has_value()) << report.error().text();
  EXPECT_EQ(report->ledger.cells, 10U);
  const Series all = series();
  EXPECT_EQ(all.at(R"(temperature{unit="celsius"})").at(kStart * 1000), 20.5);
  EXPECT_TRUE(all.contains(R"(temperature{room="a",unit="celsius"})"));
  EXPECT_TRUE(all.contains(R"(cpu{instance="host1",rack="1"})"));
}

TEST_F(RecordJobTest, LabelsThatCantBeAreRejected) {
  auto job = Backfill<Reading>::create(options());
  ASSERT_TRUE(job.has_value());
  Reading good;
  good.timestamp = std::chrono::system_clock::time_point(std::chrono::seconds(kStart));
  std::vector<Reading> rows(4, good);
  rows[1].extra_name = "1st";
  rows[2].extra_name = "unit";  // the metric has it
  rows[3].extra_name = "__name__";
  for (Reading& row : rows) row.extra_value = "x";
  ASSERT_TRUE(job->append(rows).has_value());
  const Result<Report> report = job->finish();
  ASSERT_TRUE(report.has_value()) << report.error().text();
  EXPECT_EQ(report->ledger.rejected_by_reason,
            (std::map<std::string, std::uint64_t>{{"duplicate_label", 1}, {"invalid_label_name", 2}}));
  EXPECT_EQ(report->ledger.written, 1U);
}

TEST_F(RecordJobTest, WrongUnitStopsTheJobAndNamesTheRightOne) {
  auto job = Backfill<Usage>::create(options());
  ASSERT_TRUE(job.has_value());
  std::vector<std::vector<Usage>> tables{usage_table(1, 10, kStart * 1000)};
  const Result<Report> report = job->run(tables);
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kData);
  EXPECT_NE(report.error().hint.find("TimeUnit::milliseconds"), std::string::npos) << report.error().hint;
  EXPECT_TRUE(nothing_is_left());
}

TEST_F(RecordJobTest, ExceptionInARecordsCodeEndsTheJob) {
  Channel<std::vector<Reading>> tables(1);
  auto job = Backfill<Reading>::create(options());
  ASSERT_TRUE(job.has_value());
  std::jthread producer([&] {
    Reading reading;
    reading.timestamp = std::chrono::system_clock::time_point(std::chrono::seconds(kStart));
    while (tables.send(std::vector<Reading>(10, reading))) reading.throws = true;
  });
  const Result<Report> report = job->run(tables);
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kData);
  EXPECT_NE(report.error().message.find("no labels today"), std::string::npos);
  EXPECT_TRUE(tables.is_closed());
  EXPECT_TRUE(nothing_is_left());
  EXPECT_EQ(job->stats().stage, Stats::Stage::kFailed);
}

TEST_F(RecordJobTest, FailingProducerEndsTheJobWithItsError) {
  Channel<std::vector<Usage>> tables(4);
  auto job = Backfill<Usage>::create(options());
  ASSERT_TRUE(job.has_value());
  tables.send(usage_table(2, 10));
  tables.fail({ErrorCode::kIo, "the database went away", "", ""});
  const Result<Report> report = job->run(tables);
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().message, "the database went away");
  EXPECT_TRUE(nothing_is_left());
}

TEST_F(RecordJobTest, StopRequestEndsAJobThatWaits) {
  Channel<std::vector<Usage>> tables(4);
  auto job = Backfill<Usage>::create(options());
  ASSERT_TRUE(job.has_value());
  std::stop_source stop;
  tables.send(usage_table(2, 10));
  std::jthread stopper([&] {
    while (job->stats().rows_read == 0) std::this_thread::yield();
    stop.request_stop();
  });
  const Result<Report> report = job->run(tables, {.stop = stop.get_token()});
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kStopped);
  EXPECT_FALSE(tables.send(usage_table(1, 1)));
  EXPECT_TRUE(nothing_is_left());
}

TEST_F(RecordJobTest, ThrowingRangeEndsTheJob) {
  auto job = Backfill<Usage>::create(options());
  ASSERT_TRUE(job.has_value());
  auto tables = std::views::iota(0, 5) | std::views::transform([](int i) {
                  if (i == 3) throw std::runtime_error("table 3 is gone");
                  return usage_table(1, 10);
                });
  const Result<Report> report = job->run(tables);
  ASSERT_FALSE(report.has_value());
  EXPECT_NE(report.error().message.find("table 3 is gone"), std::string::npos);
  EXPECT_TRUE(nothing_is_left());
}

TEST_F(RecordJobTest, ProgressIsShownWhileProducersWork) {
  Channel<std::vector<Usage>> tables(1);
  auto job = Backfill<Usage>::create(options());
  ASSERT_TRUE(job.has_value());
  std::promise<Stats> first;
  bool is_shown = false;  // of the thread that calls
  std::ostringstream lines;
  std::jthread producer([&] {
    EXPECT_TRUE(tables.send(usage_table(1, 10)));
    const Stats shown = first.get_future().get();  // the job can't have ended before
    EXPECT_EQ(shown.stage, Stats::Stage::kReading);
    EXPECT_EQ(shown.tables_expected, 4U);
    tables.close();
  });
  RunOptions run{.tables_expected = 4, .progress = &lines, .progress_interval = std::chrono::milliseconds(1)};
  run.on_progress = [&](const Stats& stats) {
    if (!std::exchange(is_shown, true)) first.set_value(stats);
  };
  ASSERT_TRUE(job->run(tables, run).has_value());
  EXPECT_EQ(lines.str().find("reading "), 0U) << lines.str();
}

TEST_F(RecordJobTest, OtherRowsOfTheSameTypeAreAnotherJob) {
  for (const std::int64_t day : {0, 1}) {
    auto job = Backfill<Usage>::create(options());
    ASSERT_TRUE(job.has_value());
    ASSERT_TRUE(job->append(usage_table(1, 10, kStart + day * 86'400)).has_value());
    const Result<Report> report = job->finish();
    ASSERT_TRUE(report.has_value()) << report.error().text();
    EXPECT_FALSE(report->already_imported);
    EXPECT_EQ(report->blocks.size(), 1U);
  }
  EXPECT_EQ(series().at(R"(cpu{instance="host0",rack="0"})").size(), 20U);
}

TEST_F(RecordJobTest, RowsThatAreThereAlreadyAreRefused) {
  for (const bool is_second : {false, true}) {
    auto job = Backfill<Usage>::create(options());
    ASSERT_TRUE(job.has_value());
    ASSERT_TRUE(job->append(usage_table(1, 10)).has_value());
    const Result<Report> report = job->finish();
    EXPECT_EQ(report.has_value(), !is_second);
    if (!report) {
      EXPECT_EQ(report.error().code, ErrorCode::kRefused) << report.error().text();
    }
  }
  EXPECT_EQ(series().at(R"(cpu{instance="host0",rack="0"})").size(), 10U);
}

TEST_F(RecordJobTest, JobThatIsNotFinishedLeavesNothing) {
  {
    auto job = Backfill<Usage>::create(options());
    ASSERT_TRUE(job.has_value());
    ASSERT_TRUE(job->append(usage_table(10, 100)).has_value());
  }
  EXPECT_TRUE(nothing_is_left());
}

TEST_F(RecordJobTest, SecondRunIsRefusedAndClosesItsChannel) {
  auto job = Backfill<Usage>::create(options());
  ASSERT_TRUE(job.has_value());
  std::vector<std::vector<Usage>> once{usage_table(1, 10)};
  ASSERT_TRUE(job->run(once).has_value());
  Channel<std::vector<Usage>> tables(1);
  const Result<Report> again = job->run(tables);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, ErrorCode::kUsage);
  EXPECT_TRUE(tables.is_closed());
  EXPECT_FALSE(job->append(once.front()).has_value());
}

TEST_F(RecordJobTest, JobWithoutRowsEndsWell) {
  auto job = Backfill<Usage>::create(options());
  ASSERT_TRUE(job.has_value());
  const Result<Report> report = job->finish();
  ASSERT_TRUE(report.has_value()) << report.error().text();
  EXPECT_EQ(report->ledger.rows_read, 0U);
}

TEST_F(RecordJobTest, OptionsThatCantBeAreRefused) {
  EXPECT_EQ(Backfill<Usage>::create({}).error().code, ErrorCode::kUsage);
  BackfillOptions contradicting = options();
  contradicting.min_time = Timestamp{2};
  contradicting.max_time = Timestamp{1};
  EXPECT_EQ(Backfill<Usage>::create(contradicting).error().code, ErrorCode::kUsage);
  contradicting = options();
  contradicting.resume = ResumePolicy::kRequire;
  EXPECT_EQ(Backfill<Usage>::create(contradicting).error().code, ErrorCode::kUsage);
}

}  // namespace
}  // namespace promfill
