// Goal: the verifier accepts what BlockFilesWriter writes and reports any other byte. Method: every bit of every file
// flipped, every length cut; then blocks whose checksums are right but whose contents contradict each other.
#include "block/block_verifier.h"

#include <filesystem>

#include "block/example_block.h"
#include "block/segment_walk.h"
#include "encoding/byte_writer.h"
#include "encoding/crc32c.h"
#include "histogram/histogram_chunk.h"
#include "index/index_reader.h"
#include "section/index_format.h"

namespace promfill {
namespace {

class BlockVerifier : public testing::Test {
 protected:
  void SetUp() override { write(small_example()); }

  void write(const std::vector<SeriesSamples>& series, BlockFilesOptions options = {}) {
    ASSERT_TRUE(remove_tree(fs_, block_));
    const auto written = write_block(fs_, block_, series, kExampleUlid, options);
    ASSERT_TRUE(written) << written.error().text();
  }
  [[nodiscard]] VerifyReport strict() const { return verify_block(fs_, block_, {.strict = true}); }
  [[nodiscard]] VerifyReport lenient() const { return verify_block(fs_, block_); }
  [[nodiscard]] std::string file(std::string_view name) const { return join_path(block_, name); }

  /// Verify with `name` holding `bytes`, then put the old bytes back.
  [[nodiscard]] VerifyReport strict_with(std::string_view name, ByteView bytes) const {
    const Bytes before = contents(file(name));
    overwrite(file(name), bytes);
    VerifyReport report = strict();
    overwrite(file(name), before);
    return report;
  }

  FileSystem& fs_ = real_file_system();
  TemporaryDirectory directory_;
  std::string block_ = directory_ / kExampleUlid;

  /// A block of one series with this one chunk.
  VerifyReport with_chunk(const ChunkView& chunk) {
    EXPECT_TRUE(remove_tree(fs_, block_));
    auto writer = BlockFilesWriter::create(fs_, block_, *Ulid::parse(kExampleUlid));
    EXPECT_TRUE(writer && writer->add_symbol("a"));
    EXPECT_TRUE(writer->add_series(std::vector<SymbolPair>{{{1}, {1}}}, std::span(&chunk, 1)));
    EXPECT_TRUE(std::move(*writer).finish());
    return strict();
  }
};

constexpr std::string_view kFiles[] = {"chunks/000001", "index", "meta.json", "tombstones"};

/// Expect that some problem contains `text`.
void expect_problem(const VerifyReport& report, std::string_view text) {
  std::string all;
  for (const std::string& problem : report.problems) all += problem + "\n";
  EXPECT_NE(all.find(text), std::string::npos) << "no \"" << text << "\" in:\n" << all;
}

TEST_F(BlockVerifier, AcceptsWhatTheWriterWrites) {
  const VerifyReport report = strict();
  EXPECT_TRUE(report.ok()) << report.problems[0];
  EXPECT_TRUE(report.notes.empty());
  EXPECT_EQ(report.stats, (BlockStats{.samples = 129, .float_samples = 129, .series = 3, .chunks = 4}));
}

TEST_F(BlockVerifier, ReportsEveryFlippedBit) {
  FilesInMemory fs(block_);
  ASSERT_TRUE(verify_block(fs, block_, {.strict = true}).ok());
  for (const std::string_view name : kFiles) {
    Bytes& bytes = fs[file(name)];
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
      bytes[bit / 8] ^= mask;
      EXPECT_FALSE(verify_block(fs, block_, {.strict = true}).ok())
          << name << " byte " << bit / 8 << " mask " << int{mask};
      bytes[bit / 8] ^= mask;
    }
  }
}

TEST_F(BlockVerifier, ReportsEveryTruncationAndEveryAddedByte) {
  FilesInMemory fs(block_);
  for (const std::string_view name : kFiles) {
    Bytes& bytes = fs[file(name)];
    const Bytes whole = bytes;
    for (std::size_t size = 0; size < whole.size(); ++size) {
      bytes.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(verify_block(fs, block_, {.strict = true}).ok()) << name << " of " << size << " bytes";
    }
    bytes = whole;
    for (const std::uint8_t added : Bytes{0x00, 0x20, 0xff}) {
      bytes.push_back(added);
      EXPECT_FALSE(verify_block(fs, block_, {.strict = true}).ok()) << name << " with byte " << int{added};
      bytes.pop_back();
    }
  }
}

TEST_F(BlockVerifier, ReportsMissingAndForeignFiles) {
  for (const std::string_view name : {"chunks", "index", "meta.json", "tombstones"}) {
    SetUp();
    std::filesystem::remove_all(file(name));
    const VerifyReport report = strict();
    expect_problem(report, "there is no " + std::string(name));
    EXPECT_EQ(lenient().ok(), name == "tombstones") << name;
  }
  SetUp();
  overwrite(file("extra"), {});
  expect_problem(strict(), "\"extra\" does not belong");
  EXPECT_TRUE(lenient().ok());
  SetUp();
  overwrite(file("chunks/000003"), {});
  expect_problem(lenient(), "where segment 000002 should be");
  SetUp();
  std::filesystem::remove(file("index"));
  ASSERT_TRUE(fs_.create_directory(file("index")));
  expect_problem(lenient(), "index is not a regular file");
}

TEST_F(BlockVerifier, TakesTheNameThatIsExpected) {
  const std::string staged = directory_ / "staged";
  std::filesystem::rename(block_, staged);
  expect_problem(verify_block(fs_, staged), "the directory is named staged");
  EXPECT_TRUE(verify_block(fs_, staged, {.strict = true}, std::string(kExampleUlid)).ok());
  EXPECT_TRUE(verify_block(fs_, staged + "/", {}, std::string(kExampleUlid)).ok());
  EXPECT_FALSE(verify_block(fs_, directory_ / "absent").ok());
}

TEST_F(BlockVerifier, ToleratesACompactedBlockUnlessStrict) {
  BlockMeta meta = *parse_meta_json(as_text(contents(file("meta.json"))));
  meta.level = 2;
  meta.range.max.ms += 5000;
  overwrite(file("meta.json"), as_bytes(encode_meta_json(meta)));
  const VerifyReport report = lenient();
  EXPECT_TRUE(report.ok()) << report.problems[0];
  EXPECT_EQ(report.notes.size(), 2U);
  expect_problem(strict(), "compacted block");
  expect_problem(strict(), "samples lie in [-1000, 1860000]");
}

TEST_F(BlockVerifier, HoldsMetaAgainstTheBlock) {
  const BlockMeta good = *parse_meta_json(as_text(contents(file("meta.json"))));
  const auto with = [&](auto change) {
    BlockMeta meta = good;
    change(meta);
    return strict_with("meta.json", as_bytes(encode_meta_json(meta)));
  };
  expect_problem(with([](BlockMeta& m) { ++m.stats.samples; }), "numSamples is 130, the block holds 129");
  expect_problem(with([](BlockMeta& m) { m.stats.float_samples = 0; }), "numFloatSamples is 0");
  expect_problem(with([](BlockMeta& m) { m.stats.histogram_samples = 1; }), "numHistogramSamples is 1");
  expect_problem(with([](BlockMeta& m) { ++m.stats.series; }), "numSeries is 4");
  expect_problem(with([](BlockMeta& m) { ++m.stats.chunks; }), "numChunks is 5");
  expect_problem(with([](BlockMeta& m) { m.stats.tombstones = 1; }), "there are 0, but meta.json says 1");
  expect_problem(with([](BlockMeta& m) { m.deletable = true; }), "deletable");
  expect_problem(with([](BlockMeta& m) { m.failed = true; }), "failed");
  expect_problem(with([](BlockMeta& m) { m.sources.clear(); }), "no sources");
  expect_problem(with([](BlockMeta& m) { m.level = 0; }), "level is 0");
  expect_problem(with([](BlockMeta& m) { m.range.max = m.range.min; }), "minTime is not below maxTime");
  expect_problem(with([](BlockMeta& m) { m.range.min.ms = 0; }), "outside the block's range");
  expect_problem(with([](BlockMeta& m) { --m.range.max.ms; }), "outside the block's range");
  expect_problem(with([](BlockMeta& m) { m.ulid.bytes[15] ^= 1; }), "but the directory is named");
}

TEST_F(BlockVerifier, CountsTombstones) {
  ByteWriter entries;
  entries.uvarint(4);
  entries.varint(0);
  entries.varint(10);
  ByteWriter tombstones;
  tombstones.be32(0x0130BA30);
  tombstones.u8(1);
  tombstones.raw(entries.view());
  tombstones.be32(crc32c(entries.view()));
  overwrite(file("tombstones"), tombstones.view());
  BlockMeta meta = *parse_meta_json(as_text(contents(file("meta.json"))));
  meta.stats.tombstones = 1;
  overwrite(file("meta.json"), as_bytes(encode_meta_json(meta)));
  EXPECT_TRUE(lenient().ok());
  expect_problem(strict(), "the block has 1");
}

TEST_F(BlockVerifier, ReportsUnusedSymbolsOnce) {
  ASSERT_TRUE(remove_tree(fs_, block_));
  auto writer = BlockFilesWriter::create(fs_, block_, *Ulid::parse(kExampleUlid));
  ASSERT_TRUE(writer);
  for (const char* symbol : {"a", "b", "c", "d"}) ASSERT_TRUE(writer->add_symbol(symbol));
  const Bytes data = encode_xor_chunk(samples_of(0, 1, 2));
  const std::vector<ChunkView> chunks{{ChunkEncoding::kXor, {0}, {1}, data}};
  ASSERT_TRUE(writer->add_series(std::vector<SymbolPair>{{{1}, {3}}}, chunks));
  ASSERT_TRUE(std::move(*writer).finish());
  expect_problem(strict(), "no series uses 2 of the symbols, the first of them is \"b\"");
  EXPECT_TRUE(lenient().ok());
}

/// Chunks that are framed well and hold what they shouldn't.
TEST_F(BlockVerifier, LooksIntoChunks) {
  const Bytes good = encode_xor_chunk(samples_of(0, 15000, 3));
  const auto with = [this](const ChunkView& chunk) { return with_chunk(chunk); };
  EXPECT_TRUE(with({ChunkEncoding::kXor, {0}, {30000}, good}).ok());
  expect_problem(with({ChunkEncoding::kXor, {0}, {30001}, good}), "the index says [0, 30001]");
  expect_problem(with({ChunkEncoding::kXor, {-1}, {30000}, good}), "the samples are [0, 30000]");
  Bytes longer = good;
  longer.push_back(0);
  expect_problem(with({ChunkEncoding::kXor, {0}, {30000}, longer}), "other bytes");
  Bytes dirty = good;
  dirty.back() |= 1;
  expect_problem(with({ChunkEncoding::kXor, {0}, {30000}, dirty}), "other bytes");
  expect_problem(with({ChunkEncoding::kXor, {0}, {30000}, ByteView(good).first(good.size() - 2)}), "ends before");
  Bytes more = good;
  more[1] = 200;
  expect_problem(with({ChunkEncoding::kXor, {0}, {30000}, more}), "ends before");
  const Bytes still{0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  expect_problem(with({ChunkEncoding::kXor, {1}, {1}, still}), "times do not rise");
  expect_problem(with({static_cast<ChunkEncoding>(9), {0}, {30000}, good}), "encoding 9 is not known");
}

TEST_F(BlockVerifier, DecodesHistogramsAndEncodesThemAgain) {
  const auto with = [this](const ChunkView& chunk) { return with_chunk(chunk); };
  HistogramSample<Histogram> sample{.time = {0}};
  sample.histogram.layout.positive_spans = {{0, 2}};
  sample.histogram.positive = {1, 1};
  sample.histogram.count = 3;
  HistogramChunkWriter<Histogram> writer;
  writer.begin(CounterResetHeader::kReset, sample);
  sample.time = {30000};
  writer.append(sample);
  const EncodedChunk good = writer.chunk(CounterResetHeader::kReset);
  const VerifyReport report = with(good.view());
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.stats.histogram_samples, 2U);
  EncodedChunk damaged = good;
  damaged.data.back() ^= 0x10;
  EXPECT_FALSE(with(damaged.view()).ok());
  EncodedChunk wrong = good;
  wrong.data[2] |= 1;  // bits that no flag has
  expect_problem(with(wrong.view()), "impossible bytes");
  sample.time = {0};
  sample.histogram.count = 4;
  writer.begin(CounterResetHeader::kUnknown, sample);
  expect_problem(with(writer.chunk(CounterResetHeader::kUnknown).view()), "3 observations, the count says 4");
}

TEST_F(BlockVerifier, ReportsRecordsThatTheIndexDoesNotName) {
  ByteWriter segment;
  segment.raw(contents(file("chunks/000001")));
  segment.raw(contents(file("chunks/000001")).size() > 0 ? Bytes{1, 1, 0} : Bytes{});
  segment.be32(crc32c(Bytes{1, 0}));
  const VerifyReport report = strict_with("chunks/000001", segment.view());
  expect_problem(report, "the index does not name this record");
}

TEST_F(BlockVerifier, ReportsPostingsThatContradictTheSeries) {
  const Bytes good = contents(file("index"));
  const IndexToc toc = *parse_toc(ByteView(good).last(kTocBytes));
  // The first list, of all series: BE32 length, BE32 count, references. Swap the first two and repair the checksum.
  const std::size_t list = (toc.postings + 3) / 4 * 4;
  Bytes index = good;
  std::swap_ranges(index.begin() + static_cast<std::ptrdiff_t>(list) + 8,
                   index.begin() + static_cast<std::ptrdiff_t>(list) + 12,
                   index.begin() + static_cast<std::ptrdiff_t>(list) + 12);
  const std::uint32_t length = load_be32(index.data() + list);
  store_be32(index.data() + list + 4 + length, crc32c(ByteView(index).subspan(list + 4, length)));
  expect_problem(strict_with("index", index), "postings of all series do not go on");
}

/// Put right checksums over whatever the index holds now. `sound` is the index before the damage: where things lie.
void repair_checksums(const IndexReader& sound, Bytes& index) {
  const auto repair = [&index](std::size_t begin, std::size_t size) {
    store_be32(index.data() + begin + size, crc32c(ByteView(index).subspan(begin, size)));
  };
  const auto repair_frame = [&](std::uint64_t offset) { repair(offset + 4, load_be32(sound.file().data() + offset)); };
  repair_frame(sound.toc().symbols);
  repair_frame(sound.toc().postings_table);
  for (const PostingsEntry& entry : sound.postings_entries()) repair_frame(entry.offset);
  for (const SeriesRef series : *sound.postings("", "")) {
    const std::size_t bytes = sound.entry(series)->bytes;
    repair(series.offset() + 1, bytes - 1 - 4);  // their length takes one byte here
  }
  repair(index.size() - kTocBytes, kTocBytes - 4);
}

// A checksum proves only that the writer wrote these bytes; whether they are right is found by what else is in the
// block.
TEST_F(BlockVerifier, ReportsEveryFlippedBitOfTheIndexBehindRightChecksums) {
  FilesInMemory fs(block_);
  Bytes& index = fs[file("index")];
  const Bytes good = index;
  const auto sound = IndexReader::parse(good, "index");
  ASSERT_TRUE(sound);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    index[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    repair_checksums(*sound, index);
    if (index != good) {  // else the bit was of a checksum
      EXPECT_FALSE(verify_block(fs, block_, {.strict = true}).ok()) << "byte " << bit / 8 << " bit " << bit % 8;
    }
    index = good;
  }
}

TEST_F(BlockVerifier, LooksAtFramesAloneWhenAsked) {
  FilesInMemory fs(block_);
  ASSERT_TRUE(verify_block(fs, block_, {.depth = VerifyDepth::kFrames, .strict = true}).ok());
  for (const std::string_view name : kFiles) {
    Bytes& bytes = fs[file(name)];
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] ^= 0x04;
      EXPECT_FALSE(verify_block(fs, block_, {.depth = VerifyDepth::kFrames, .strict = true}).ok()) << name << " " << i;
      bytes[i] ^= 0x04;
    }
  }
}

TEST_F(BlockVerifier, KnowsWhereSegmentsAreCut) {
  write(small_example(), {.segment_bytes_max = 200});
  ASSERT_TRUE(exists(fs_, file("chunks/000002")));
  EXPECT_TRUE(verify_block(fs_, block_, {.strict = true, .segment_bytes_max = 200}).ok());
  expect_problem(lenient(), "Prometheus would put it into chunks/000001 at");
}

TEST_F(BlockVerifier, BoundsWhatItReports) {
  std::vector<SeriesSamples> many;
  for (int i = 100; i < 300; ++i) {
    many.push_back({labels_of({{"__name__", "m" + std::to_string(i)}}), samples_of(0, 15000, 2)});
  }
  write(many);
  BlockMeta meta = *parse_meta_json(as_text(contents(file("meta.json"))));
  meta.range.min.ms = 5;
  overwrite(file("meta.json"), as_bytes(encode_meta_json(meta)));
  const VerifyReport report = verify_block(fs_, block_, {.problems_max = 10});
  EXPECT_EQ(report.problems.size(), 10U);
  EXPECT_EQ(report.problems_dropped, 190U);
}

TEST_F(BlockVerifier, AcceptsRandomBlocksWithHostileLabels) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 20; ++round) {
    std::map<Labels, std::vector<Sample>> series;
    for (std::uint64_t i = 0, n = 1 + random() % 40; i < n; ++i) {
      std::vector<Label> labels{{"__name__", "m" + std::to_string(random() % 5)}};
      if (random() % 2 == 0) labels.push_back({"\xff" + std::string(1, static_cast<char>(random() % 4)), "v\n\"\\"});
      if (random() % 2 == 0) labels.push_back({"A", std::string(random() % 300 + 1, 'x')});
      std::vector<Sample> samples;
      auto time = static_cast<std::int64_t>(random() % 4'000'000'000) - 2'000'000'000;
      for (std::uint64_t k = 0, count = 1 + random() % 500; k < count; ++k) {
        time += 1 + static_cast<std::int64_t>(random() % 20000);
        samples.push_back({{time}, std::bit_cast<double>(random() % 3 == 0 ? random() : std::uint64_t{0})});
      }
      series[labels_of(std::move(labels))] = std::move(samples);
    }
    std::vector<SeriesSamples> sorted;
    for (auto& [labels, samples] : series) sorted.push_back({labels, samples});
    const std::uint64_t limit = round % 2 == 0 ? kSegmentBytesMax : 3000;
    write(sorted, {.segment_bytes_max = limit});
    const VerifyReport report = verify_block(fs_, block_, {.strict = true, .segment_bytes_max = limit});
    EXPECT_TRUE(report.ok()) << "round " << round << ": " << report.problems[0];
    EXPECT_EQ(report.stats.series, sorted.size());
  }
}

}  // namespace
}  // namespace promfill
