// Writer: samples of any series, in any order, end up in the blocks as they were given.
#include "promfill/writer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "block/block_reader.h"
#include "block/example_block.h"
#include "file/file_system.h"

namespace promfill {
namespace {

constexpr Timestamp kStart{1'583'020'800'000};

BackfillOptions options_for(const std::string& out) {
  BackfillOptions options;
  options.out = out;
  options.block_duration = std::chrono::hours(24);
  options.threads = 2;
  return options;
}

std::map<std::string, std::size_t> samples_by_series(const std::string& out) {
  std::map<std::string, std::size_t> counts;
  const std::vector<std::string> blocks = find_blocks(real_file_system(), out).value();
  for (const std::string& path : blocks) {
    const auto block = BlockReader::open(real_file_system(), path);
    EXPECT_TRUE(block);
    if (!block) continue;
    const std::vector<SeriesRef> refs = block->index().select({}).value();
    for (const SeriesRef ref : refs) {
      const IndexedSeries one = block->index().series(ref).value();
      std::vector<Sample> samples;
      EXPECT_TRUE(block->read_samples(one.chunks, kTimestampMin, kTimestampMax, samples));
      counts[one.labels.text()] += samples.size();
    }
  }
  return counts;
}

TEST(Writer, SeriesComeBackAsTheyWereGiven) {
  const TemporaryDirectory directory;
  auto writer = Writer::create(options_for(directory / "tsdb"));
  ASSERT_TRUE(writer) << writer.error().text();
  const Labels up = labels_of({{"Zone", "z"}, {"__name__", "up"}, {"job", "a"}});
  const Labels bare = labels_of({{"__name__", "requests_total"}});
  for (int i = 0; i < 1000; ++i) {
    const Timestamp time{kStart.ms + (i * 7919 % 1000) * 1000};
    ASSERT_TRUE(writer->append(up, time, 1));
    ASSERT_TRUE(writer->append(i % 2 == 0 ? bare : up, time, 1));
  }
  const Result<Report> report = writer->finish();
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->ledger.written, 1500U);
  EXPECT_EQ(report->ledger.duplicates_merged, 500U);
  EXPECT_EQ(samples_by_series(directory / "tsdb"),
            (std::map<std::string, std::size_t>{{R"(requests_total)", 500}, {R"(up{Zone="z",job="a"})", 1000}}));
}

TEST(Writer, SeriesWithoutNameIsRejected) {
  const TemporaryDirectory directory;
  auto writer = Writer::create(options_for(directory / "tsdb"));
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->append(labels_of({{"job", "a"}}), kStart, 1));
  ASSERT_TRUE(writer->append(labels_of({{"__name__", "up"}}), kStart, 1));
  const Result<Report> report = writer->finish();
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->ledger.rejected_by_reason, (std::map<std::string, std::uint64_t>{{"no_metric_name", 1}}));
}

TEST(Writer, UnfinishedWriterLeavesNothing) {
  const TemporaryDirectory directory;
  {
    auto writer = Writer::create(options_for(directory / "tsdb"));
    ASSERT_TRUE(writer);
    const std::vector<Sample> samples = samples_of(kStart.ms, 1000, 100'000);
    ASSERT_TRUE(writer->append(labels_of({{"__name__", "up"}}), samples));
  }
  EXPECT_FALSE(std::filesystem::exists(directory / "tsdb"));
}

}  // namespace
}  // namespace promfill
