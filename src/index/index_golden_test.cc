// An index file made by Prometheus: the reader reads all of it, and the writer makes the same bytes from what was read.
// How it was made: testdata/README.md.
#include <gtest/gtest.h>

#include "file/temporary_directory.h"
#include "index/example_index.h"
#include "index/index_reader.h"

namespace promfill {
namespace {

const std::string kGolden = std::string(PROMFILL_ROOT) + "/src/index/testdata/index";

TEST(IndexGolden, IsReadWhole) {
  const auto reader = IndexReader::open(real_file_system(), kGolden);
  ASSERT_TRUE(reader.has_value()) << reader.error().text();
  EXPECT_EQ(reader->label_names(),
            (std::vector<std::string_view>{"Env", "__name__", "a b", "instance", "job", "lä.bel", "quote\"d"}));
  const auto refs = reader->postings("", "");
  ASSERT_TRUE(refs.has_value()) << refs.error().text();
  EXPECT_EQ(refs->size(), 60U);
  std::size_t chunks = 0;
  for (const SeriesRef ref : *refs) {
    const auto series = reader->series(ref);
    ASSERT_TRUE(series.has_value()) << series.error().text();
    chunks += series->chunks.size();
  }
  EXPECT_EQ(chunks, 120U);

  const auto matchers = parse_selector("metric_3{job='mysql',instance=~'host-[0-4].*'}");
  ASSERT_TRUE(matchers.has_value());
  const auto selected = reader->select(*matchers);
  ASSERT_TRUE(selected.has_value());
  ASSERT_EQ(selected->size(), 4U);  // 15, which has the label Env, then 3, 27 and 39 of samples.py
  const auto second = reader->series((*selected)[1]);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->labels, example_labels({{"__name__", "metric_3"}, {"instance", "host-03:9100"}, {"job", "mysql"}}));
  EXPECT_EQ(second->chunks.front().mint, Timestamp{3 * 7});
  EXPECT_EQ(second->chunks.back().maxt, (Timestamp{3 * 7 + 399 * 60'000}));
}

TEST(IndexGolden, IsWrittenAgainByteForByteInAnyMemory) {
  const auto reader = IndexReader::open(real_file_system(), kGolden);
  ASSERT_TRUE(reader.has_value()) << reader.error().text();
  const auto refs = reader->postings("", "");
  ASSERT_TRUE(refs.has_value());
  const TemporaryDirectory scratch;
  for (const IndexWriterOptions& options : {IndexWriterOptions{},
                                            {.memory_bytes = 4096, .scratch = scratch.path()},
                                            {.memory_bytes = 0, .scratch = scratch.path()}}) {
    const TemporaryPath path("index");
    auto writer = IndexWriter::create(real_file_system(), path.text(), options);
    ASSERT_TRUE(writer.has_value());
    for (const std::string_view symbol : reader->symbols().subspan(1)) ASSERT_TRUE(writer->add_symbol(symbol));
    for (const SeriesRef ref : *refs) {
      const auto entry = reader->entry(ref);
      ASSERT_TRUE(entry.has_value()) << entry.error().text();
      const Status status = writer->add_series(entry->labels, entry->chunks);
      ASSERT_TRUE(status) << status.error().text();
    }
    ASSERT_TRUE(std::move(*writer).finish());
    const auto written = read_file(real_file_system(), path.text(), 1 << 20);
    ASSERT_TRUE(written.has_value());
    EXPECT_EQ(*written, Bytes(reader->file().begin(), reader->file().end())) << options.memory_bytes;
  }
}

}  // namespace
}  // namespace promfill
