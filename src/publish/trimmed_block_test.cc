#include "publish/trimmed_block.h"

#include <gtest/gtest.h>

#include <vector>

#include "block/block_verifier.h"
#include "block/example_block.h"
#include "publish/data_directory.h"

namespace promfill {
namespace {

constexpr std::string_view kOther = "01M81YYM12S0BSQ0VZ337X1V5A";

class TrimmedBlock : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(fs_.create_directory(work_ / "data"));
    ASSERT_TRUE(fs_.create_directory(work_ / "in"));
    ASSERT_TRUE(write_block(fs_, source(), small_example()));
  }
  [[nodiscard]] std::string source() const { return join_path(work_ / "in", kExampleUlid); }
  [[nodiscard]] std::string out() const { return join_path(work_ / "data", kOther); }
  [[nodiscard]] static Ulid other() { return *Ulid::parse(kOther); }

  /// Every sample of a block, by series.
  std::vector<SeriesSamples> read(const std::string& path) {
    std::vector<SeriesSamples> all;
    const auto reader = BlockReader::open(fs_, path);
    EXPECT_TRUE(reader);
    const auto refs = reader->index().select({});
    for (const SeriesRef ref : *refs) {
      const auto series = reader->index().series(ref);
      SeriesSamples& one = all.emplace_back();
      one.labels = series->labels;
      EXPECT_TRUE(reader->read_samples(series->chunks, kTimestampMin, kTimestampMax, one.samples));
    }
    return all;
  }

  FileSystem& fs_ = real_file_system();
  TemporaryDirectory work_;
};

TEST_F(TrimmedBlock, KeepsWhatIsInsideAndCountsTheRest) {
  const auto reader = BlockReader::open(fs_, source());
  ASSERT_TRUE(reader);
  const TimeRange range{{0}, {5001}};
  const auto trimmed = write_trimmed(fs_, *reader, range, nullptr, out(), other());
  ASSERT_TRUE(trimmed) << trimmed.error().text();
  ASSERT_TRUE(trimmed->written);
  EXPECT_TRUE(verify_block(fs_, out(), {.strict = true}).ok());
  std::vector<SeriesSamples> expected;
  std::uint64_t outside = 0;
  for (SeriesSamples one : small_example()) {
    outside += std::erase_if(one.samples, [range](const Sample& sample) { return !range.contains(sample.time); });
    if (!one.samples.empty()) expected.push_back(std::move(one));
  }
  EXPECT_EQ(trimmed->outside, outside);
  const auto got = read(out());
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].labels, expected[i].labels);
    EXPECT_EQ(got[i].samples, expected[i].samples);
  }
}

TEST_F(TrimmedBlock, LeavesNothingWhereNothingIsInside) {
  const auto reader = BlockReader::open(fs_, source());
  ASSERT_TRUE(reader);
  const auto trimmed = write_trimmed(fs_, *reader, {{-9000}, {-8000}}, nullptr, out(), other());
  ASSERT_TRUE(trimmed) << trimmed.error().text();
  EXPECT_FALSE(trimmed->written);
  EXPECT_FALSE(exists(fs_, out()));
}

TEST_F(TrimmedBlock, LeavesOutWhatIsServed) {
  // The second series' first half is there already, with other values; and a series that nobody asks for.
  const auto example = small_example();
  std::vector<Sample> half(example[1].samples.begin(), example[1].samples.begin() + 60);
  for (Sample& sample : half) sample.value += 1;
  half[0].value -= 1;
  ASSERT_TRUE(write_block(fs_, join_path(work_ / "data", kExampleUlid),
                          {{labels_of({{"__name__", "_"}}), half}, {example[1].labels, half}}));
  const auto directory = read_data_directory(fs_, work_ / "data");
  ASSERT_TRUE(directory);
  const auto reader = BlockReader::open(fs_, source());
  ASSERT_TRUE(reader);
  const TimeRange range = reader->meta().range;

  auto served = ServedSamples::open(fs_, *directory, range);
  ASSERT_TRUE(served);
  const auto count = count_overlap(*reader, range, *served);
  ASSERT_TRUE(count);
  EXPECT_EQ(count->samples(), 60U);
  EXPECT_EQ(count->equal, 1U);
  EXPECT_EQ(count->series, 1U);
  EXPECT_EQ(count->first_series, example[1].labels.text());

  auto again = ServedSamples::open(fs_, *directory, range);
  ASSERT_TRUE(again);
  const auto trimmed = write_trimmed(fs_, *reader, range, &*again, out(), other());
  ASSERT_TRUE(trimmed) << trimmed.error().text();
  EXPECT_EQ(trimmed->served, 60U);
  EXPECT_EQ(trimmed->outside, 0U);
  EXPECT_TRUE(verify_block(fs_, out(), {.strict = true}).ok());
  const auto got = read(out());
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[0].samples, example[0].samples);
  EXPECT_EQ(got[1].samples, std::vector<Sample>(example[1].samples.begin() + 60, example[1].samples.end()));
  EXPECT_EQ(got[2].samples, example[2].samples);
}

}  // namespace
}  // namespace promfill
