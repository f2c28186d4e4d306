// Goal: BlockFilesWriter leaves a complete durable block or an error, whichever call of the file system fails.
#include "block/block_files_writer.h"

#include "block/block_verifier.h"
#include "block/example_block.h"
#include "block/tombstones.h"
#include "file/faulty_file_system.h"

namespace promfill {
namespace {

TEST(BlockFilesWriter, WritesTheFourPartsAndMeta) {
  const TemporaryDirectory directory;
  const std::string block = directory / kExampleUlid;
  const auto written = write_block(real_file_system(), block, small_example());
  ASSERT_TRUE(written) << written.error().text();
  EXPECT_EQ(written->meta.range, (TimeRange{{-1000}, {124 * 15000 + 1}}));
  EXPECT_EQ(written->meta.stats, (BlockStats{.samples = 129, .float_samples = 129, .series = 3, .chunks = 4}));
  EXPECT_EQ(written->meta.ulid.text(), kExampleUlid);
  EXPECT_EQ(written->meta.sources, std::vector{written->meta.ulid});

  std::vector<std::string> names;
  const auto entries = real_file_system().list(block);
  ASSERT_TRUE(entries);
  for (const DirectoryEntry& entry : *entries) names.push_back(entry.name);
  EXPECT_EQ(names, (std::vector<std::string>{"chunks", "index", "meta.json", "tombstones"}));
  EXPECT_EQ(as_text(contents(join_path(block, kMetaFile))), encode_meta_json(written->meta));
  EXPECT_EQ(contents(join_path(block, kTombstonesFile)), encode_empty_tombstones());
  const std::uint64_t bytes = contents(block + "/index").size() + contents(block + "/meta.json").size() +
                              contents(block + "/chunks/000001").size() + 9;
  EXPECT_EQ(written->bytes, bytes);
}

TEST(BlockFilesWriter, CountsHistogramsApart) {
  const TemporaryDirectory directory;
  auto writer = BlockFilesWriter::create(real_file_system(), directory / "b", *Ulid::parse(kExampleUlid));
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->add_symbol("a"));
  const Bytes histograms{0, 5, 0, 1};
  const Bytes st_histograms{0x80, 3, 0, 1};
  const std::vector<ChunkView> chunks{{ChunkEncoding::kHistogram, {0}, {1}, histograms},
                                      {ChunkEncoding::kFloatHistogramSt, {2}, {3}, st_histograms}};
  ASSERT_TRUE(writer->add_series(std::vector<SymbolPair>{{{1}, {1}}}, chunks));
  const auto written = std::move(*writer).finish();
  ASSERT_TRUE(written) << written.error().text();
  EXPECT_EQ(written->meta.stats, (BlockStats{.samples = 8, .histogram_samples = 8, .series = 1, .chunks = 2}));
}

TEST(BlockFilesWriter, RefusesABlockWithoutSeries) {
  const TemporaryDirectory directory;
  const auto written = write_block(real_file_system(), directory / "b", {});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kUsage);
}

TEST(BlockFilesWriter, RefusesAnExistingDirectory) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(real_file_system().create_directory(directory / "b"));
  const auto written = write_block(real_file_system(), directory / "b", small_example());
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kAlreadyExists);
}

TEST(BlockFilesWriter, KeepsTheFirstError) {
  const TemporaryDirectory directory;
  auto writer = BlockFilesWriter::create(real_file_system(), directory / "b", *Ulid::parse(kExampleUlid));
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->add_symbol("a"));
  const std::vector<SymbolPair> labels{{{1}, {1}}};
  const Bytes data = encode_xor_chunk(samples_of(0, 1, 2));
  const auto first = writer->add_series(labels, {});
  ASSERT_FALSE(first);
  const std::vector<ChunkView> good{{ChunkEncoding::kXor, {0}, {1}, data}};
  const auto second = writer->add_series(labels, good);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, first.error().message);
  EXPECT_FALSE(writer->add_symbol("b"));
  EXPECT_FALSE(std::move(*writer).finish());
}

TEST(BlockFilesWriter, HandsOnWhatTheIndexRefuses) {
  const TemporaryDirectory directory;
  auto writer = BlockFilesWriter::create(real_file_system(), directory / "b", *Ulid::parse(kExampleUlid));
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->add_symbol("a"));
  const Bytes data = encode_xor_chunk(samples_of(0, 1, 2));
  const std::vector<ChunkView> chunks{{ChunkEncoding::kXor, {0}, {1}, data}};
  const std::vector<SymbolPair> labels{{{1}, {1}}};
  ASSERT_TRUE(writer->add_series(labels, chunks));
  const auto again = writer->add_series(labels, chunks);
  ASSERT_FALSE(again) << "series come in order, each once";
  EXPECT_EQ(std::move(*writer).finish().error().message, again.error().message);
}

TEST(BlockFilesWriter, RefusesEmptyChunksAndTheLargestTime) {
  const Bytes empty{0, 0};
  const Bytes one{0, 1};
  const Bytes nothing;
  const std::vector<std::pair<ChunkView, ErrorCode>> cases{
      {{ChunkEncoding::kXor, {0}, {1}, empty}, ErrorCode::kUsage},
      {{ChunkEncoding::kXor, {0}, {1}, nothing}, ErrorCode::kCorrupt},
      {{ChunkEncoding::kXor, {0}, kTimestampMax, one}, ErrorCode::kLimit},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const TemporaryDirectory directory;
    auto writer = BlockFilesWriter::create(real_file_system(), directory / "b", *Ulid::parse(kExampleUlid));
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->add_symbol("a"));
    const auto status = writer->add_series(std::vector<SymbolPair>{{{1}, {1}}}, std::span(&cases[i].first, 1));
    ASSERT_FALSE(status) << i;
    EXPECT_EQ(status.error().code, cases[i].second) << i;
  }
}

TEST(BlockFilesWriter, SyncsEveryFileBeforeTheDirectoriesAndMetaLast) {
  const TemporaryDirectory directory;
  FaultyFileSystem fs(real_file_system());
  ASSERT_TRUE(write_block(fs, directory / "b", small_example()));
  std::vector<std::string> syncs;
  for (const RecordedCall& call : fs.changes()) {
    if (call.call != FileCall::kSync && call.call != FileCall::kSyncDirectory) continue;
    syncs.push_back(call.path.substr(directory.text().size()));
  }
  EXPECT_EQ(syncs, (std::vector<std::string>{"/b/chunks/000001", "/b/chunks", "/b/index", "/b/tombstones",
                                             "/b/meta.json", "/b"}));
}

// Method: let the first call fail, then the second, and so on, until one run meets no failure.
TEST(BlockFilesWriter, AnyFailingCallIsAnErrorOrTheBlockIsWhole) {
  for (const bool lasting : {false, true}) {
    for (std::uint64_t nth = 1;; ++nth) {
      const TemporaryDirectory directory;
      const std::string block = directory / kExampleUlid;
      FaultyFileSystem fs(real_file_system());
      fs.fail({.nth = nth, .code = ErrorCode::kNoSpace, .lasting = lasting, .short_write_bytes = 3});
      const auto written = write_block(fs, block, small_example());
      if (!fs.struck()) {
        EXPECT_TRUE(written);
        EXPECT_GT(nth, 15U) << "the fault was never met";
        break;
      }
      if (written) {
        const VerifyReport report = verify_block(real_file_system(), block, {.strict = true});
        EXPECT_TRUE(report.ok()) << "call " << nth << ": " << report.problems[0];
      } else {
        EXPECT_EQ(written.error().code, ErrorCode::kNoSpace) << "call " << nth << ": " << written.error().text();
      }
    }
  }
}

}  // namespace
}  // namespace promfill
