// Goal: what BlockFilesWriter wrote is found and read back; what is missing or damaged is an error.
#include "block/block_reader.h"

#include "block/example_block.h"

namespace promfill {
namespace {

class BlockReaderTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(write_block(fs_, block_, small_example())); }

  FileSystem& fs_ = real_file_system();
  TemporaryDirectory directory_;
  std::string block_ = directory_ / kExampleUlid;
};

TEST_F(BlockReaderTest, ReadsBackEverySample) {
  const auto reader = BlockReader::open(fs_, block_);
  ASSERT_TRUE(reader) << reader.error().text();
  EXPECT_EQ(reader->meta().stats.samples, 129U);
  const auto refs = reader->index().select({});
  ASSERT_TRUE(refs);
  const auto expected = small_example();
  ASSERT_EQ(refs->size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto series = reader->index().series((*refs)[i]);
    ASSERT_TRUE(series);
    EXPECT_EQ(series->labels, expected[i].labels);
    std::vector<Sample> samples;
    ASSERT_TRUE(reader->read_samples(series->chunks, kTimestampMin, kTimestampMax, samples));
    EXPECT_EQ(samples, expected[i].samples);
  }
}

TEST_F(BlockReaderTest, TimeRangeIsInclusiveAtBothEnds) {
  const auto reader = BlockReader::open(fs_, block_);
  ASSERT_TRUE(reader);
  const auto refs = reader->index().select({});
  const auto series = reader->index().series((*refs)[1]);
  const auto read = [&](std::int64_t mint, std::int64_t maxt) {
    std::vector<Sample> samples;
    EXPECT_TRUE(reader->read_samples(series->chunks, {mint}, {maxt}, samples));
    return samples.size();
  };
  EXPECT_EQ(read(0, 0), 1U);
  EXPECT_EQ(read(0, 15000), 2U);
  EXPECT_EQ(read(1, 14999), 0U);
  EXPECT_EQ(read(119 * 15000, 120 * 15000), 2U);  // the chunks' border
  EXPECT_EQ(read(124 * 15000 + 1, kTimestampMax.ms), 0U);
  EXPECT_EQ(read(15000, 0), 0U);
}

TEST_F(BlockReaderTest, FindsABlockItselfOrTheBlocksInADirectory) {
  constexpr std::string_view kOther = "01M81YYM12S0BSQ0VZ337X1V4A";
  ASSERT_TRUE(write_block(fs_, directory_ / kOther, small_example(), kOther));
  ASSERT_TRUE(fs_.create_directory(directory_ / "01M81YYM12S0BSQ0VZ337X1V4B"));  // no meta.json
  ASSERT_TRUE(write_block(fs_, directory_ / "01M81YYM12S0BSQ0VZ337X1V4C.tmp-for-creation", small_example()));
  EXPECT_EQ(*find_blocks(fs_, directory_.text()), (std::vector<std::string>{directory_ / kOther, block_}));
  EXPECT_EQ(*find_blocks(fs_, block_), std::vector<std::string>{block_});
}

TEST_F(BlockReaderTest, SaysWhereThereAreNoBlocks) {
  for (const std::string& path : {block_ + "/chunks", directory_ / "absent"}) {
    const auto blocks = find_blocks(fs_, path);
    ASSERT_FALSE(blocks) << path;
    EXPECT_EQ(blocks.error().code, ErrorCode::kNotFound);
    EXPECT_NE(blocks.error().text().find(path), std::string::npos);
  }
}

TEST_F(BlockReaderTest, NamesTheDamagedFile) {
  Bytes index = contents(block_ + "/index");
  index.back() ^= 1;
  overwrite(block_ + "/index", index);
  const auto damaged = BlockReader::open(fs_, block_);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(damaged.error().text().find(block_ + "/index"), std::string::npos) << damaged.error().text();

  overwrite(block_ + "/meta.json", as_bytes("{}"));
  const auto meta = read_block_meta(fs_, block_);
  ASSERT_FALSE(meta);
  EXPECT_EQ(meta.error().where, block_ + "/meta.json");
}

TEST_F(BlockReaderTest, RefusesHistogramsAndDamagedChunks) {
  const std::string other = directory_ / "histograms";
  auto writer = BlockFilesWriter::create(fs_, other, *Ulid::parse(kExampleUlid));
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->add_symbol("a"));
  const Bytes histogram{0, 1, 0, 0};
  const Bytes falling{0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};  // the second sample at the time of the first
  const std::vector<ChunkView> chunks{{ChunkEncoding::kHistogram, {0}, {0}, histogram},
                                      {ChunkEncoding::kXor, {1}, {1}, falling}};
  ASSERT_TRUE(writer->add_series(std::vector<SymbolPair>{{{1}, {1}}}, chunks));
  ASSERT_TRUE(std::move(*writer).finish());
  const auto reader = BlockReader::open(fs_, other);
  ASSERT_TRUE(reader);
  const auto series = reader->index().series((*reader->index().select({}))[0]);
  ASSERT_TRUE(series);
  std::vector<Sample> samples;
  const auto histograms = reader->read_samples(series->chunks, {0}, {0}, samples);
  ASSERT_FALSE(histograms);
  EXPECT_EQ(histograms.error().code, ErrorCode::kData);
  EXPECT_NE(histograms.error().message.find("native histograms"), std::string::npos);
  const auto falls = reader->read_samples(series->chunks, {1}, {1}, samples);
  ASSERT_FALSE(falls);
  EXPECT_EQ(falls.error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace promfill
