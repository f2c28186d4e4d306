// BlockWriter: sorted series become the block that the engine makes of the same samples, and whatever is not in order
// leaves nothing behind.
#include "promfill/block_writer.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "block/block_reader.h"
#include "block/block_verifier.h"
#include "block/example_block.h"
#include "promfill/writer.h"

namespace promfill {
namespace {

BlockOptions options_for(const std::string& out) {
  BlockOptions options;
  options.out = out;
  return options;
}

constexpr std::int64_t kStartMs = 1'583'020'800'000;

/// In label order; the later symbols sort before the earlier ones.
std::vector<SeriesSamples> sorted_series() {
  return {{labels_of({{"__name__", "cpu"}, {"zone", "b"}}), samples_of(kStartMs, 15'000, 300)},
          {labels_of({{"__name__", "up"}, {"instance", "a"}}), samples_of(kStartMs + 7, 15'000, 130)},
          {labels_of({{"__name__", "up"}, {"instance", "b"}, {"zone", "a"}}), samples_of(kStartMs, 60'000, 1)}};
}

TEST(SortedBlock, HasTheBytesThatTheEngineMakes) {
  const TemporaryDirectory directory;
  auto block = BlockWriter::create(options_for(directory / "block"));
  ASSERT_TRUE(block) << block.error().text();
  BackfillOptions options;
  options.out = directory / "engine";
  options.block_duration = std::chrono::hours(2);
  auto engine = Writer::create(options);
  ASSERT_TRUE(engine);
  for (const SeriesSamples& one : sorted_series()) {
    ASSERT_TRUE(block->add_series(one.labels, one.samples));
    ASSERT_TRUE(engine->append(one.labels, one.samples));
  }
  const auto written = block->finish();
  ASSERT_TRUE(written) << written.error().text();
  const auto report = engine->finish();
  ASSERT_TRUE(report) << report.error().text();
  ASSERT_EQ(report->blocks.size(), 1U);
  EXPECT_EQ(written->meta.stats, report->blocks[0].meta.stats);
  EXPECT_EQ(written->meta.range, report->blocks[0].meta.range);
  EXPECT_EQ(written->bytes, report->blocks[0].bytes);
  const std::string ours = join_path(directory / "block", written->meta.ulid.text());
  const std::string theirs = join_path(directory / "engine", report->blocks[0].meta.ulid.text());
  for (const char* const file : {"index", "chunks/000001", "tombstones"}) {
    EXPECT_EQ(contents(join_path(ours, file)), contents(join_path(theirs, file))) << file;
  }
  EXPECT_TRUE(verify_block(real_file_system(), ours, {.strict = true}).ok());
}

TEST(SortedBlock, TakesHistogramsAndFloatsOfOneSeries) {
  const TemporaryDirectory directory;
  BlockOptions options = options_for(directory / "tsdb");
  options.chunk_encoding = FloatEncoding::kXor2;
  options.histogram_start_times = true;
  auto block = BlockWriter::create(options);
  ASSERT_TRUE(block);
  HistogramSample<Histogram> seen{.time = {kStartMs}, .start = {kStartMs - 5000}};
  seen.histogram.layout = {.schema = 3, .zero_threshold = 0.001, .positive_spans = {{-2, 2}}};
  seen.histogram.positive = {3, -1};
  seen.histogram.count = 5;
  seen.histogram.sum = 2.5;
  HistogramSample<FloatHistogram> rate{.time = {kStartMs + 30'000}};
  rate.histogram.layout = seen.histogram.layout;
  rate.histogram.positive = {0.5, 0.25};
  const Sample ended{{kStartMs + 15'000}, std::bit_cast<double>(kStaleNanBits)};
  const std::vector<AnySample> samples{seen, ended, rate, Sample{{kStartMs + 45'000}, 1}};
  ASSERT_TRUE(block->add_series(labels_of({{"__name__", "latency"}}), samples));
  const auto written = block->finish();
  ASSERT_TRUE(written) << written.error().text();
  EXPECT_EQ(written->meta.stats,
            (BlockStats{.samples = 4, .float_samples = 1, .histogram_samples = 3, .series = 1, .chunks = 3}));
  const std::string path = join_path(directory / "tsdb", written->meta.ulid.text());
  const VerifyReport report = verify_block(real_file_system(), path, {.strict = true});
  EXPECT_TRUE(report.ok() && report.notes.empty());

  auto refusing = BlockWriter::create(options);
  ASSERT_TRUE(refusing);
  seen.histogram.count = 6;
  const Status refused = refusing->add_series(labels_of({{"__name__", "latency"}}), std::vector<AnySample>{seen});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text().find("5 observations, the count says 6"), std::string::npos);
}

TEST(SortedBlock, SegmentsAreCutAsAsked) {
  const TemporaryDirectory directory;
  BlockOptions options = options_for(directory / "tsdb");
  options.segment_bytes_max = 256;
  auto block = BlockWriter::create(options);
  ASSERT_TRUE(block);
  for (const SeriesSamples& one : sorted_series()) ASSERT_TRUE(block->add_series(one.labels, one.samples));
  const auto written = block->finish();
  ASSERT_TRUE(written) << written.error().text();
  EXPECT_TRUE(std::filesystem::exists(directory / "tsdb/" + written->meta.ulid.text() + "/chunks/000002"));
}

TEST(SortedBlock, RefusesWhatIsNotInOrderForGood) {
  const auto up = labels_of({{"__name__", "up"}, {"job", "b"}});
  const std::vector<Sample> falling{{{2}, 1}, {{1}, 1}};
  const std::vector<Sample> good = samples_of(kStartMs, 1000, 2);
  const std::vector<SeriesSamples> bad{
      {labels_of({{"__name__", "up"}, {"job", "a"}}), good},
      {up, good},
      {labels_of({{"__name__", "zz"}}), falling},
      {labels_of({{"__name__", "zz"}}), {}},
      {labels_of({{"__name__", "zz"}, {"a-b", "x"}}), good},
      {labels_of({{"__name__", "1zz"}}), good},
      {labels_of({{"__name__", "zz"}, {"job", "\xff"}}), good},
      {Labels(), good},
      {labels_of({{"__name__", "zz"}}), {{kTimestampMax, 1}}},
  };
  for (const SeriesSamples& one : bad) {
    const TemporaryDirectory directory;
    {
      auto block = BlockWriter::create(options_for(directory / "tsdb"));
      ASSERT_TRUE(block);
      ASSERT_TRUE(block->add_series(up, good));
      const Status refused = block->add_series(one.labels, one.samples);
      ASSERT_FALSE(refused) << one.labels.text();
      EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
      const auto finished = block->finish();
      ASSERT_FALSE(finished);
      EXPECT_EQ(finished.error().message, refused.error().message);
    }
    EXPECT_FALSE(std::filesystem::exists(directory / "tsdb")) << one.labels.text();
  }
}

TEST(SortedBlock, NothingIsLeftOfOneThatIsEmptyOrGivenUp) {
  const TemporaryDirectory directory;
  {
    auto empty = BlockWriter::create(options_for(directory / "empty"));
    ASSERT_TRUE(empty);
    EXPECT_EQ(empty->finish().error().code, ErrorCode::kUsage);
    auto given_up = BlockWriter::create(options_for(directory / "given_up"));
    ASSERT_TRUE(given_up);
    ASSERT_TRUE(given_up->add_series(sorted_series()[0].labels, sorted_series()[0].samples));
  }
  EXPECT_FALSE(std::filesystem::exists(directory / "empty"));
  EXPECT_FALSE(std::filesystem::exists(directory / "given_up"));
}

TEST(SortedBlock, IsFinishedOnce) {
  const TemporaryDirectory directory;
  auto block = BlockWriter::create(options_for(directory / "tsdb"));
  ASSERT_TRUE(block);
  const std::vector<SeriesSamples> series = sorted_series();
  ASSERT_TRUE(block->add_series(series[0].labels, series[0].samples));
  ASSERT_TRUE(block->finish());
  EXPECT_EQ(block->finish().error().code, ErrorCode::kUsage);
  EXPECT_EQ(block->add_series(series[1].labels, series[1].samples).error().code, ErrorCode::kUsage);
}

TEST(SortedBlock, OptionsThatCantBeAreRefused) {
  EXPECT_EQ(BlockWriter::create({}).error().code, ErrorCode::kUsage);
  BlockOptions options;
  options.out = "x";
  options.block_duration = Duration(0);
  EXPECT_EQ(BlockWriter::create(options).error().code, ErrorCode::kUsage);
}

}  // namespace
}  // namespace promfill
