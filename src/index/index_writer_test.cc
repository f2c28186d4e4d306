// IndexWriter against bytes of Prometheus 3.14, its order rules, its stages, and its limits at n-1, n, n+1.
#include "index/index_writer.h"

#include <gtest/gtest.h>

#include "file/faulty_file_system.h"
#include "index/example_index.h"
#include "index/index_reader.h"

namespace promfill {
namespace {

Bytes from_hex(std::string_view text) {
  Bytes bytes;
  std::string digits;
  for (const char c : text) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() == 2) {
      bytes.push_back(static_cast<std::uint8_t>(std::stoul(digits, nullptr, 16)));
      digits.clear();
    }
  }
  return bytes;
}

/// One chunk of one sample.
ChunkMeta chunk_at(std::int64_t ms, std::uint64_t ref) { return {{ref}, {ms}, {ms}}; }

SymbolPair pair(std::uint32_t name, std::uint32_t value) { return {{name}, {value}}; }

/// A writer that has the symbols "a" (1) … "e" (5).
class IndexWriterTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = IndexWriter::create(real_file_system(), path_.text());
    ASSERT_TRUE(made.has_value()) << made.error().text();
    writer_.emplace(std::move(made).value());
    for (const char* symbol : {"a", "b", "c", "d", "e"}) ASSERT_TRUE(writer_->add_symbol(symbol));
  }

  Status add(std::vector<SymbolPair> labels, std::vector<ChunkMeta> chunks) {
    return writer_->add_series(labels, chunks);
  }
  /// The message of a refused add_series; "" when it was accepted.
  std::string refusal(std::vector<SymbolPair> labels, std::vector<ChunkMeta> chunks) {
    Status status = add(std::move(labels), std::move(chunks));
    if (status) return "";
    EXPECT_EQ(status.error().code, ErrorCode::kUsage);
    EXPECT_EQ(status.error().where, path_.text());
    return status.error().message;
  }

  TemporaryPath path_{"writer"};
  std::optional<IndexWriter> writer_;
};

// Written by Prometheus 3.14.0's BlockWriter; ghost, yy and zz are of an appender that was rolled back.
TEST(IndexWriter, WritesTheBytesOfPrometheus) {
  const std::vector<ExampleSeries> series{{example_labels({{"__name__", "other"}}), {chunk_at(-3595000, 8)}},
                                          {example_labels({{"__name__", "real"}}), {chunk_at(5000, 28)}}};
  const auto written = write_example(series, example_symbols(series, {"ghost", "yy", "zz"}));
  ASSERT_TRUE(written.has_value()) << written.error().text();
  const Bytes expected = from_hex(
      "baaad700 02"
      "00000025 00000007 00 085f5f6e616d655f5f 0567686f7374 056f74686572 047265616c 027979 027a7a 71907f9f"
      "0000000000000000000000000000"
      "0a 01010301efebb6030008 1919bfa2"
      "00"
      "08 01010401904e001c efaf8308"
      "000000"
      "0000000c 00000002 00000004 00000005 1345c590"
      "00000008 00000001 00000004 73a34a39"
      "00000008 00000001 00000005 81c8c93a"
      "0000002a 00000003 02000060 02085f5f6e616d655f5f056f7468657274 02085f5f6e616d655f5f047265616c8401 f2ce43ff"
      "0000000000000005 0000000000000032 000000000000005d 0000000000000094 000000000000005d 0000000000000094 3499bb93");
  EXPECT_EQ(*written, expected);
}

TEST(IndexWriter, WritesAnEmptyIndex) {
  const auto written = write_example({}, {});
  ASSERT_TRUE(written.has_value());
  const auto reader = IndexReader::parse(*written, "index");
  ASSERT_TRUE(reader.has_value()) << reader.error().text();
  EXPECT_EQ(reader->symbols().size(), 1U);
  EXPECT_EQ(reader->postings_entries().size(), 1U);
  EXPECT_EQ(reader->toc().series, reader->toc().postings);
}

TEST(IndexWriter, ReportsItsPosition) {
  const TemporaryPath path("index");
  auto writer = IndexWriter::create(real_file_system(), path.text());
  ASSERT_TRUE(writer.has_value());
  EXPECT_EQ(writer->bytes_written(), kIndexHeaderBytes + 4 + 4 + 1);  // length and count of the symbols, and ""
}

TEST(IndexWriter, RefusesAnExistingFile) {
  const TemporaryPath path("index");
  ASSERT_TRUE(write_file(real_file_system(), path.text(), {}));
  const auto writer = IndexWriter::create(real_file_system(), path.text());
  ASSERT_FALSE(writer.has_value());
  EXPECT_EQ(writer.error().code, ErrorCode::kAlreadyExists);
}

TEST_F(IndexWriterTest, RejectsSymbolsOutOfOrder) {
  for (const char* symbol : {"", "a", "d", "e"}) {
    const Status status = writer_->add_symbol(symbol);
    ASSERT_FALSE(status) << symbol;
    EXPECT_EQ(status.error().code, ErrorCode::kUsage);
    EXPECT_NE(status.error().message.find("is not above its predecessor \"e\""), std::string::npos);
  }
  // Bytes are unsigned, and a prefix is the smaller.
  for (const char* symbol : {"e\x01", "\x7f", "\x80", "\xff"}) EXPECT_TRUE(writer_->add_symbol(symbol)) << symbol;
}

TEST_F(IndexWriterTest, RejectsLabelsThatAreNone) {
  const std::vector<ChunkMeta> chunks{chunk_at(0, 8)};
  EXPECT_EQ(refusal({}, chunks), "add series: it has no labels");
  EXPECT_EQ(refusal({pair(0, 1)}, chunks), "add series: label names of {=\"a\"} don't rise or one is empty");
  EXPECT_EQ(refusal({pair(2, 1), pair(1, 2)}, chunks),
            "add series: label names of {b=\"a\",a=\"b\"} don't rise or one is empty");
  EXPECT_EQ(refusal({pair(1, 1), pair(1, 2)}, chunks),
            "add series: label names of {a=\"a\",a=\"b\"} don't rise or one is empty");
  EXPECT_EQ(refusal({pair(1, 0)}, chunks), "add series: label \"a\" has an empty value");
  EXPECT_EQ(refusal({pair(6, 1)}, chunks), "add series: symbol 6 does not exist, there are 6");
  EXPECT_EQ(refusal({pair(1, 7)}, chunks), "add series: symbol 7 does not exist, there are 6");
  EXPECT_EQ(refusal({pair(1, 5)}, chunks), "");
}

TEST_F(IndexWriterTest, RejectsSeriesOutOfOrder) {
  const std::vector<ChunkMeta> chunks{chunk_at(0, 8)};
  ASSERT_EQ(refusal({pair(2, 3), pair(4, 2)}, chunks), "");
  const std::vector<std::vector<SymbolPair>> not_above{
      {pair(2, 3), pair(4, 2)},  // equal
      {pair(2, 3), pair(4, 1)},  // a value below
      {pair(2, 3), pair(3, 5)},  // a name below
      {pair(2, 3)},              // a prefix
      {pair(1, 5), pair(4, 2)},  // the first name below
  };
  for (const auto& labels : not_above) {
    EXPECT_NE(refusal(labels, chunks).find("is not above its predecessor {b=\"c\",d=\"b\"}"), std::string::npos);
  }
  EXPECT_EQ(refusal({pair(2, 3), pair(4, 2), pair(5, 1)}, chunks), "");  // has the one before as prefix
  EXPECT_EQ(refusal({pair(2, 3), pair(4, 3)}, chunks), "");
  EXPECT_EQ(refusal({pair(2, 3), pair(5, 1)}, chunks), "");
  EXPECT_EQ(refusal({pair(3, 1)}, chunks), "");
}

TEST_F(IndexWriterTest, RejectsChunksOutOfOrder) {
  const std::vector<SymbolPair> labels{pair(1, 1)};
  const std::string start = "add series: {a=\"a\"}: ";
  EXPECT_EQ(refusal(labels, {}), start + "it has no chunks");
  EXPECT_EQ(refusal(labels, {{{8}, {10}, {9}}}), start + "chunk ends at 9, before it begins at 10");
  EXPECT_EQ(refusal(labels, {{{8}, {10}, {20}}, {{9}, {20}, {30}}}),
            start + "chunk begins at 20, not after its predecessor's end at 20");
  EXPECT_EQ(refusal(labels, {{{9}, {10}, {20}}, {{8}, {21}, {30}}}),
            start + "chunk reference 8 is below its predecessor 9");
  EXPECT_EQ(refusal(labels, {{{8}, {10}, {20}}, {{9}, {21}, {21}}}), "");
}

TEST_F(IndexWriterTest, RejectsChunkReferencesThatFallFromSeriesToSeries) {
  ASSERT_EQ(refusal({pair(1, 1)}, {chunk_at(0, 100)}), "");
  EXPECT_EQ(refusal({pair(1, 2)}, {chunk_at(0, 99)}),
            "add series: {a=\"b\"}: chunk reference 99 is below its predecessor 100");
  EXPECT_EQ(refusal({pair(1, 2)}, {chunk_at(0, 100)}), "");  // as Prometheus: equal is not falling
  EXPECT_EQ(refusal({pair(1, 3)}, {chunk_at(0, 101)}), "");
}

TEST_F(IndexWriterTest, GoesOnAfterARefusedSeries) {
  ASSERT_EQ(refusal({pair(1, 1)}, {chunk_at(0, 8)}), "");
  const std::uint64_t position = writer_->bytes_written();
  EXPECT_NE(refusal({pair(1, 2)}, {{{50}, {10}, {9}}}), "");
  EXPECT_EQ(writer_->bytes_written(), position);
  EXPECT_EQ(refusal({pair(1, 2)}, {chunk_at(0, 9)}), "");
  ASSERT_TRUE(std::move(*writer_).finish());
  const auto reader = IndexReader::open(real_file_system(), path_.text());
  ASSERT_TRUE(reader.has_value()) << reader.error().text();
  EXPECT_EQ(reader->postings("", "")->size(), 2U);
}

TEST_F(IndexWriterTest, KeepsSymbolsOpenAfterARefusedFirstSeries) {
  EXPECT_NE(refusal({pair(1, 9)}, {chunk_at(0, 8)}), "");
  EXPECT_TRUE(writer_->add_symbol("f"));
}

TEST_F(IndexWriterTest, RejectsCallsOfAnEarlierStage) {
  ASSERT_EQ(refusal({pair(1, 1)}, {chunk_at(0, 8)}), "");
  const Status symbol = writer_->add_symbol("f");
  ASSERT_FALSE(symbol);
  EXPECT_EQ(symbol.error().code, ErrorCode::kUsage);
  EXPECT_EQ(symbol.error().message, "add symbol: invalid stage symbols, currently at series");

  ASSERT_TRUE(std::move(*writer_).finish());
  EXPECT_EQ(writer_->add_symbol("f").error().message, "add symbol: invalid stage symbols, currently at done");
  EXPECT_EQ(refusal({pair(1, 2)}, {chunk_at(0, 9)}), "add series: invalid stage series, currently at done");
  EXPECT_EQ(std::move(*writer_).finish().error().message, "finish: invalid stage done, currently at done");
}

// Each section's content is 4 bytes and its entries; the limit is the largest content.
TEST(IndexWriter, RefusesSectionsAboveTheirLimit) {
  std::vector<ExampleSeries> series;
  for (int i = 0; i < 10; ++i) {
    series.push_back({example_labels({{"n", std::string(1, static_cast<char>('0' + i))}}), {chunk_at(0, 8)}});
  }
  const std::set<std::string> symbols = example_symbols(series);
  const struct {
    const char* message;
    std::uint64_t content_bytes;
  } cases[] = {
      {"add symbol: symbol table", 4 + 1 + 11 * 2},
      {"write postings: a list", 4 + 10 * 4},
      // ("","") at 0x100 or more, then ten entries of 02 | 1 "n" | 1 digit | two bytes of offset
      {"write postings offset table: table", 4 + (3 + 2) + 10 * (1 + 2 + 2 + 2)},
  };
  for (const auto& section : cases) {
    for (const std::uint64_t limit : {section.content_bytes - 1, section.content_bytes, section.content_bytes + 1}) {
      const auto written = write_example(series, symbols, {.limits = {.section_bytes_max = limit}});
      const bool fits = limit >= section.content_bytes;
      const bool refused_for_it = !written && written.error().code == ErrorCode::kLimit &&
                                  written.error().message.starts_with(std::string(section.message) + " exceeds");
      EXPECT_EQ(refused_for_it, !fits) << section.message << " with " << limit;
    }
  }
  EXPECT_TRUE(write_example(series, symbols, {.limits = {.section_bytes_max = cases[2].content_bytes}}).has_value());
}

TEST(IndexWriter, RefusesAFileAboveItsLimitAtEveryStep) {
  const std::vector<ExampleSeries> series{{example_labels({{"__name__", "other"}}), {chunk_at(-3595000, 8)}},
                                          {example_labels({{"__name__", "real"}}), {chunk_at(5000, 28)}}};
  const std::set<std::string> symbols = example_symbols(series);
  const auto whole = write_example(series, symbols);
  ASSERT_TRUE(whole.has_value());
  const std::uint64_t size = whole->size();
  for (const std::uint64_t limit : {size, size + 1}) {
    const auto written = write_example(series, symbols, {.limits = {.index_bytes_max = limit}});
    ASSERT_TRUE(written.has_value());
    EXPECT_EQ(*written, *whole);
  }
  std::set<std::string> steps;
  for (std::uint64_t limit = 0; limit < size; ++limit) {
    const auto written = write_example(series, symbols, {.limits = {.index_bytes_max = limit}});
    ASSERT_FALSE(written.has_value()) << limit;
    EXPECT_EQ(written.error().code, ErrorCode::kLimit);
    EXPECT_FALSE(written.error().hint.empty());
    steps.insert(written.error().message.substr(0, written.error().message.find(':')));
  }
  EXPECT_EQ(steps, (std::set<std::string>{"write header", "write symbols", "add series", "write postings",
                                          "write postings offset table", "write table of contents"}));
}

TEST(IndexWriter, FailsWhereverTheFileSystemFails) {
  std::vector<ExampleSeries> series;
  for (int i = 10'000; i < 40'000; ++i) {  // some MiB: more than one buffer before finish() and in it
    series.push_back({example_labels({{"__name__", "m"}, {"id", std::to_string(i)}}), {chunk_at(i, 8)}});
  }
  const std::set<std::string> symbols = example_symbols(series);
  FaultyFileSystem fs(real_file_system());
  std::uint64_t nth = 1;
  for (;; ++nth) {
    fs.fail({.nth = nth, .code = ErrorCode::kNoSpace});
    const auto written = write_example(series, symbols, {}, fs);
    if (!fs.struck()) {
      EXPECT_TRUE(written.has_value());
      break;
    }
    ASSERT_FALSE(written.has_value()) << "call " << nth;
    EXPECT_EQ(written.error().code, ErrorCode::kNoSpace);
  }
  EXPECT_GE(nth, 6U);  // create, at least two appends, sync and close, then none
}

TEST(IndexWriter, HasTheFormatsLimits) {
  EXPECT_EQ(IndexLimits{}.index_bytes_max, 68'719'476'720U);
  EXPECT_EQ(IndexLimits{}.section_bytes_max, 4'294'967'295U);
}

}  // namespace
}  // namespace promfill
