// Goal: several blocks read as one. Method: random samples dealt out to blocks that may overlap, against a plain map.
#include "merged_series.h"

#include <bit>
#include <map>
#include <random>

#include "block/example_block.h"

namespace promfill::cli {
namespace {

using Values = std::map<Labels, std::map<std::int64_t, std::uint64_t>>;

class MergedSeriesTest : public testing::Test {
 protected:
  /// Write a block; ULIDs rise with each call.
  void write(const Values& values) {
    std::vector<SeriesSamples> series;
    for (const auto& [labels, samples] : values) {
      series.push_back({labels, {}});
      for (const auto& [t, bits] : samples) series.back().samples.push_back({{t}, std::bit_cast<double>(bits)});
    }
    std::string ulid(kExampleUlid);
    ulid.back() = static_cast<char>('A' + blocks_.size());
    blocks_.push_back(directory_ / ulid);
    const auto written = write_block(fs_, blocks_.back(), series, ulid);
    ASSERT_TRUE(written) << written.error().text();
  }

  /// Everything that is selected; times of a series must rise, and series come once.
  Values read(SeriesSelection selection = {}) {
    Values values;
    auto merged = MergedSeries::open(fs_, blocks_, std::move(selection));
    EXPECT_TRUE(merged) << merged.error().text();
    while (*merged->next()) {
      EXPECT_TRUE(values.empty() || values.rbegin()->first < merged->labels());
      auto& samples = values[merged->labels()];
      std::vector<Sample> run;
      while (*merged->read(run)) {
        for (const Sample& sample : run) {
          EXPECT_TRUE(samples.empty() || samples.rbegin()->first < sample.time.ms);
          samples[sample.time.ms] = sample.bits();
        }
        run.clear();
      }
    }
    conflicts_ = merged->conflicts();
    return values;
  }

  static Labels name(const std::string& value) { return labels_of({{"__name__", value}}); }

  FileSystem& fs_ = real_file_system();
  TemporaryDirectory directory_;
  std::vector<std::string> blocks_;
  std::uint64_t conflicts_ = 0;
};

TEST_F(MergedSeriesTest, EarlierBlockWinsAndConflictsAreCounted) {
  write({{name("a"), {{0, 1}, {10, 2}, {30, 3}}}, {name("b"), {{5, 1}}}});
  write({{name("a"), {{10, 2}, {20, 9}, {30, 8}, {40, 7}}}, {name("c"), {{6, 1}}}});
  const Values expected{
      {name("a"), {{0, 1}, {10, 2}, {20, 9}, {30, 3}, {40, 7}}}, {name("b"), {{5, 1}}}, {name("c"), {{6, 1}}}};
  EXPECT_EQ(read(), expected);
  EXPECT_EQ(conflicts_, 1U);
  std::ranges::reverse(blocks_);  // the order of the paths doesn't matter
  EXPECT_EQ(read(), expected);
}

TEST_F(MergedSeriesTest, SelectorsAreAlternatives) {
  write({{name("a"), {{0, 1}}}, {name("b"), {{0, 1}}}, {name("c"), {{0, 1}}}});
  SeriesSelection selection;
  selection.selectors = {*parse_selector("a"), *parse_selector("{__name__=~\"a|c\"}")};
  EXPECT_EQ(read(selection), (Values{{name("a"), {{0, 1}}}, {name("c"), {{0, 1}}}}));
  selection.selectors = {*parse_selector("absent")};
  EXPECT_TRUE(read(selection).empty());
}

TEST_F(MergedSeriesTest, RandomBlocksReadAsTheirUnion) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 10; ++round) {
    for (const std::string& block : blocks_) ASSERT_TRUE(remove_tree(fs_, block));
    blocks_.clear();
    Values all;
    for (std::uint64_t block = 0, count = 2 + random() % 4; block < count; ++block) {
      Values values;
      for (std::uint64_t i = 0, series = 1 + random() % 4; i < series; ++i) {
        auto& samples = values[name("m" + std::to_string(random() % 6))];
        for (std::uint64_t k = 0, n = 1 + random() % 300; k < n; ++k) {
          const auto t =
              static_cast<std::int64_t>(random() % 2'000) * 1000 + static_cast<std::int64_t>(block) * 500'000;
          samples[t] = static_cast<std::uint64_t>(t) * 77;  // a function of the time: no conflicts
        }
      }
      for (const auto& [labels, samples] : values) all[labels].insert(samples.begin(), samples.end());
      write(values);
    }
    EXPECT_EQ(read(), all) << "round " << round;
    EXPECT_EQ(conflicts_, 0U);

    const Timestamp mint{600'000};
    const Timestamp maxt{1'200'000};
    Values in_range;
    for (const auto& [labels, samples] : all) {
      for (const auto& [t, bits] : samples) {
        if (t >= mint.ms && t <= maxt.ms) in_range[labels][t] = bits;
      }
    }
    Values ranged = read({.selectors = {}, .mint = mint, .maxt = maxt});
    std::erase_if(ranged, [](const auto& series) { return series.second.empty(); });
    EXPECT_EQ(ranged, in_range) << "round " << round;
  }
}

TEST_F(MergedSeriesTest, NamesTheSeriesThatItCantDecode) {
  const std::string block = directory_ / kExampleUlid;
  auto writer = BlockFilesWriter::create(fs_, block, *Ulid::parse(kExampleUlid));
  ASSERT_TRUE(writer && writer->add_symbol("__name__") && writer->add_symbol("latency"));
  const Bytes histogram{0, 1, 0, 0};
  const std::vector<ChunkView> chunks{{ChunkEncoding::kHistogram, {0}, {0}, histogram}};
  ASSERT_TRUE(writer->add_series(std::vector<SymbolPair>{{{1}, {2}}}, chunks));
  ASSERT_TRUE(std::move(*writer).finish());
  auto merged = MergedSeries::open(fs_, {block}, {});
  ASSERT_TRUE(merged && *merged->next());
  std::vector<Sample> samples;
  const auto read = merged->read(samples);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kData);
  EXPECT_TRUE(read.error().where.starts_with("latency in ")) << read.error().where;
}

}  // namespace
}  // namespace promfill::cli
