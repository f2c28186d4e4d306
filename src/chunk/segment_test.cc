// Goal: segments are cut where Prometheus cuts them, and come back record by record, or as an error.
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "chunk/segment_reader.h"
#include "chunk/segment_writer.h"

namespace promfill {
namespace {

class Segments : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = testing::TempDir() + "/segments_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    ASSERT_TRUE(remove_tree(real_file_system(), directory_));
    ASSERT_TRUE(real_file_system().create_directory(directory_));
  }
  void TearDown() override { ASSERT_TRUE(remove_tree(real_file_system(), directory_)); }

  /// Write chunks of the given sizes, series by series; return their references.
  std::vector<ChunkMeta> write(const std::vector<std::vector<std::size_t>>& series, std::uint64_t limit) {
    std::vector<ChunkMeta> metas;
    SegmentWriter writer(real_file_system(), directory_, limit);
    for (const std::vector<std::size_t>& sizes : series) {
      std::vector<Bytes> data;
      std::vector<ChunkView> chunks;
      for (const std::size_t size : sizes) data.emplace_back(size, static_cast<std::uint8_t>(size));
      for (const Bytes& bytes : data) chunks.push_back({ChunkEncoding::kXor, {0}, {1}, bytes});
      EXPECT_TRUE(writer.write_series(chunks, metas));
    }
    EXPECT_TRUE(std::move(writer).finish());
    return metas;
  }

  std::string directory_;
};

// A record of 100 bytes takes 1 + 1 + 100 + 4 = 106 in the file and is reckoned as 110.
TEST_F(Segments, CutWithinASeriesWhenTheReckonedBatchPassesTheLimit) {
  const std::vector<ChunkMeta> fits = write({{100, 100}}, 8 + 220);
  EXPECT_EQ(fits[1].ref, ChunkRef::at(0, 8 + 106));
  TearDown();
  SetUp();
  const std::vector<ChunkMeta> cut = write({{100, 100}}, 8 + 219);
  EXPECT_EQ(cut[1].ref, ChunkRef::at(1, 8));
}

TEST_F(Segments, CutBeforeASeriesReckonsFromTheTruePosition) {
  const std::vector<ChunkMeta> fits = write({{100}, {100}}, 8 + 106 + 110);
  EXPECT_EQ(fits[1].ref, ChunkRef::at(0, 8 + 106));
  TearDown();
  SetUp();
  const std::vector<ChunkMeta> cut = write({{100}, {100}}, 8 + 106 + 109);
  EXPECT_EQ(cut[1].ref, ChunkRef::at(1, 8));
}

TEST_F(Segments, HoldAChunkLargerThanTheLimitAlone) {
  const std::vector<ChunkMeta> metas = write({{500}, {500}, {10}}, 100);
  EXPECT_EQ(metas[0].ref, ChunkRef::at(0, 8));
  EXPECT_EQ(metas[1].ref, ChunkRef::at(1, 8));
  EXPECT_EQ(metas[2].ref, ChunkRef::at(2, 8));
}

TEST_F(Segments, ReadBackEveryRecord) {
  std::mt19937_64 random(1);
  std::vector<std::vector<std::size_t>> series(50);
  std::vector<std::size_t> sizes;
  for (std::vector<std::size_t>& one : series) {
    one.resize(1 + random() % 5);
    for (std::size_t& size : one) sizes.push_back(size = 1 + random() % 3000);
  }
  const std::vector<ChunkMeta> metas = write(series, 20'000);
  auto reader = SegmentReader::open(real_file_system(), directory_);
  ASSERT_TRUE(reader);
  EXPECT_GT(reader->segment_count(), 2U);
  for (std::size_t i = 0; i < metas.size(); ++i) {
    const auto record = reader->read(metas[i].ref);
    ASSERT_TRUE(record) << record.error().text();
    EXPECT_EQ(record->data, Bytes(sizes[i], static_cast<std::uint8_t>(sizes[i])));
    if (i + 1 < metas.size() && metas[i + 1].ref.segment() == metas[i].ref.segment()) {
      EXPECT_EQ(record->next_offset, metas[i + 1].ref.offset());
    }
  }
}

TEST_F(Segments, ReportEveryFlippedBitOfARecord) {
  const std::vector<ChunkMeta> metas = write({{40}}, kSegmentBytesMax);
  const std::string path = join_path(directory_, "000001");
  const Bytes good = read_file(real_file_system(), path, 1000).value();
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
    ASSERT_TRUE(real_file_system().remove_file(path));
    ASSERT_TRUE(write_file(real_file_system(), path, bad));
    const auto reader = SegmentReader::open(real_file_system(), directory_);
    const bool reserved = bit / 8 >= 5 && bit / 8 < 8;  // padding of the header, which no reader looks at
    const bool found = !reader || !reader->read(metas[0].ref);
    EXPECT_EQ(found, !reserved) << "bit " << bit;
  }
}

TEST_F(Segments, RefuseReferencesOutsideTheFiles) {
  write({{40}}, kSegmentBytesMax);
  const auto reader = SegmentReader::open(real_file_system(), directory_);
  ASSERT_TRUE(reader);
  for (const ChunkRef ref : {ChunkRef::at(1, 8), ChunkRef::at(0, 0), ChunkRef::at(0, 7), ChunkRef::at(0, 9),
                             ChunkRef::at(0, 54), ChunkRef::at(0, 0xffffffff), ChunkRef::at(0xffffffff, 8)}) {
    const auto record = reader->read(ref);
    ASSERT_FALSE(record) << ref.value;
    EXPECT_EQ(record.error().code, ErrorCode::kCorrupt);
  }
}

}  // namespace
}  // namespace promfill
