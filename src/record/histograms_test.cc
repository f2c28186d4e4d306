// Goal: native histograms of records come to the blocks as they are, whatever the order of rows, and those that can't
// be are rejects. Held against BlockWriter, whose bytes are held against Prometheus's (tests/differential).
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>

#include "promfill/promfill.h"
#include "record/job_fixture.h"

namespace promfill {
namespace {

struct Request {
  std::int64_t Timestamp = 0;
  std::string host;
  double load = 0;
  Histogram latency{};
  std::optional<FloatHistogram> size{};
};

Histogram latency_of(std::uint64_t seen) {
  Histogram h;
  h.layout = {
      .schema = 2, .zero_threshold = 0.001, .positive_spans = {{-2, 2}, {static_cast<std::int32_t>(seen % 3), 1}}};
  h.zero_count = seen;
  h.positive = {static_cast<std::int64_t>(2 * seen), 1, 3};
  h.count = seen + 2 * seen + (2 * seen + 1) + (2 * seen + 4);  // differences, added up
  h.sum = static_cast<double>(seen) * 1.5;
  return h;
}

FloatHistogram size_of(std::uint64_t seen) {
  FloatHistogram h;
  h.layout = {.schema = kCustomBoundsSchema, .positive_spans = {{0, 2}}, .custom_bounds = {100, 1000}};
  h.positive = {0.5 * static_cast<double>(seen), 2};
  h.count = h.positive[0] + h.positive[1];
  h.sum = 400;
  return h;
}

}  // namespace

template <>
struct Schema<Request> {
  static constexpr auto fields = promfill::fields(
      label<&Request::host>(), field<&Request::load>("metric_type:gauge"),
      field<&Request::latency>("metric_type:native_histogram,metric_name:request_seconds,unit:seconds"),
      field<&Request::size>("metric_type:native_histogram,metric_name:request_bytes"));
};

namespace {

class HistogramsTest : public RecordJobFixture {
 protected:
  static std::vector<Request> rows(std::size_t hosts, std::size_t n) {
    std::vector<Request> rows;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t h = 0; h < hosts; ++h) {
        const std::uint64_t seen = i % 40 + h;
        Request row{kStart + static_cast<std::int64_t>(15 * i), "h" + std::to_string(h), 0.5, latency_of(seen), {}};
        if (i % 5 != 0) row.size = size_of(seen);
        rows.push_back(std::move(row));
      }
    }
    return rows;
  }

  /// chunks/000001 and index of the only block.
  std::string bytes(const std::string& name) {
    std::string all;
    for (const auto& entry : std::filesystem::directory_iterator(out(name))) {
      if (!Ulid::parse(entry.path().filename().string())) continue;
      for (const char* file : {"chunks/000001", "index"}) {
        std::ifstream in(entry.path() / file, std::ios::binary);
        all.append(std::istreambuf_iterator<char>(in), {});
      }
    }
    return all;
  }

  std::string bytes_of_block_writer(const std::vector<Request>& rows) {
    auto writer = BlockWriter::create({.out = out("expected"), .block_duration = std::chrono::hours(24)});
    EXPECT_TRUE(writer.has_value()) << writer.error().text();
    std::map<std::string, std::map<std::string, std::vector<AnySample>>> series;
    for (const Request& row : rows) {
      const Timestamp time{row.Timestamp * 1000};
      series["load"][row.host].push_back(Sample{time, row.load});
      series["request_seconds"][row.host].push_back(HistogramSample<Histogram>{.time = time, .histogram = row.latency});
      if (!row.size) continue;
      series["request_bytes"][row.host].push_back(
          HistogramSample<FloatHistogram>{.time = time, .histogram = *row.size});
    }
    for (const auto& [name, hosts] : series) {
      for (const auto& [host, samples] : hosts) {
        std::vector<Label> labels{{"__name__", name}, {"host", host}};
        if (name == "request_seconds") labels.push_back({"unit", "seconds"});
        const Status added = writer->add_series(Labels::create(std::move(labels)).value(), samples);
        EXPECT_TRUE(added.has_value()) << added.error().text();
      }
    }
    const auto finished = writer->finish();
    EXPECT_TRUE(finished.has_value()) << finished.error().text();
    return bytes("expected");
  }
};

TEST_F(HistogramsTest, OfShuffledRecordsAreThoseOfSortedSeries) {
  std::vector<Request> table = rows(5, 700);
  const std::string expected = bytes_of_block_writer(table);
  for (const bool shuffled : {false, true}) {
    if (shuffled) std::shuffle(table.begin(), table.end(), std::mt19937_64(7));
    const std::string name = shuffled ? "shuffled" : "sorted";
    auto job = Backfill<Request>::create(options(name));
    ASSERT_TRUE(job.has_value()) << job.error().text();
    const auto report = job->run(std::vector<std::vector<Request>>{table});
    ASSERT_TRUE(report.has_value()) << report.error().text();
    EXPECT_EQ(report->ledger.written, 5U * 700 * 2 + 5U * 560);
    EXPECT_EQ(report->ledger.nulls, 5U * 140);
    EXPECT_TRUE(bytes(name) == expected) << name;
  }
}

TEST_F(HistogramsTest, ThatCanNotBeAreRejected) {
  std::vector<Request> table = rows(1, 4);
  table[1].latency.count = 1;
  table[2].size->positive[0] = -1;
  auto job = Backfill<Request>::create(options());
  ASSERT_TRUE(job.has_value());
  ASSERT_TRUE(job->append(table).has_value());
  const auto report = job->finish();
  ASSERT_TRUE(report.has_value()) << report.error().text();
  EXPECT_EQ(report->ledger.rejected, 2U);
  EXPECT_EQ(report->ledger.rejected_by_reason.at("invalid_histogram"), 2U);
  EXPECT_EQ(report->ledger.written, 4U + 3 + 2);
  EXPECT_TRUE(report->ledger.balances());
}

TEST_F(HistogramsTest, OfOneTimeAreOneIfTheyAreEqual) {
  for (const auto policy : {DuplicatePolicy::kKeepLast, DuplicatePolicy::kSum}) {
    std::vector<Request> table = rows(1, 2);
    table[1].size.reset();
    table.push_back(table[0]);
    table.push_back(table[1]);
    table.back().latency = latency_of(30);
    table.back().load = table[1].load;
    BackfillOptions with = options(policy == DuplicatePolicy::kSum ? "sum" : "last");
    with.on_duplicate = policy;
    auto job = Backfill<Request>::create(with);
    ASSERT_TRUE(job->append(table).has_value());
    const auto report = job->finish();
    if (policy == DuplicatePolicy::kSum) {
      ASSERT_FALSE(report.has_value());
      EXPECT_EQ(report.error().message, "native histograms have no sum");
      continue;
    }
    ASSERT_TRUE(report.has_value()) << report.error().text();
    EXPECT_EQ(report->ledger.duplicates_merged, 3U);
    EXPECT_EQ(report->ledger.duplicates_conflicting, 1U);
  }
}

}  // namespace
}  // namespace promfill
