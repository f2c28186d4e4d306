// IndexReader: round trips with IndexWriter, postings and select against a filter that reads everything, and damage:
// every truncation and every single flipped bit of a small index.
#include "index/index_reader.h"

#include <gtest/gtest.h>

#include "encoding/big_endian.h"
#include "encoding/crc32c.h"
#include "index/example_index.h"

namespace promfill {
namespace {

Result<IndexReader> read_example(const std::vector<ExampleSeries>& series) {
  PROMFILL_TRY(Bytes bytes, write_example(series));
  return IndexReader::parse(std::move(bytes), "index");
}

/// A small index with every kind of section: three series, two label names, padding of all sorts.
std::vector<ExampleSeries> three_series() {
  return {{example_labels({{"__name__", "a"}, {"job", "x"}}), {{{8}, {0}, {1000}}, {{60}, {2000}, {3000}}}},
          {example_labels({{"__name__", "a"}, {"job", "yy"}}), {{{100}, {-5000}, {5000}}}},
          {example_labels({{"__name__", "bcd"}}), {{{200}, {0}, {0}}}}};
}

/// Read all that an index has: the first error, or success.
Status read_everything(Bytes bytes) {
  PROMFILL_TRY(const IndexReader reader, IndexReader::parse(std::move(bytes), "index"));
  for (const PostingsEntry& entry : reader.postings_entries()) {
    PROMFILL_TRY(const auto refs, reader.postings(entry.name, entry.value));
    for (const SeriesRef ref : refs) {
      PROMFILL_TRY([[maybe_unused]] const auto series, reader.series(ref));
    }
  }
  return {};
}

std::vector<SeriesRef> brute_force(const IndexReader& reader, std::span<const Matcher> matchers) {
  std::vector<SeriesRef> selected;
  const auto all = reader.postings("", "");
  EXPECT_TRUE(all.has_value());
  for (const SeriesRef ref : *all) {
    const auto series = reader.series(ref);
    EXPECT_TRUE(series.has_value());
    if (matches_all(matchers, series->labels)) selected.push_back(ref);
  }
  return selected;
}

Matcher matcher(MatchKind kind, std::string name, std::string value) {
  auto made = Matcher::create(kind, std::move(name), std::move(value));
  EXPECT_TRUE(made.has_value());
  return std::move(made).value();
}

/// Put a correct checksum at the end of [begin, end).
void fix_crc(Bytes& bytes, std::uint64_t begin, std::uint64_t end) {
  store_be32(bytes.data() + end, crc32c(ByteView(bytes).subspan(begin, end - begin)));
}

TEST(IndexReader, ReadsWhatWasWritten) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const std::vector<ExampleSeries> series = random_series(random, 1 + random() % 300);
    const auto reader = read_example(series);
    ASSERT_TRUE(reader.has_value()) << reader.error().text();
    const auto refs = reader->postings("", "");
    ASSERT_TRUE(refs.has_value());
    ASSERT_EQ(refs->size(), series.size());
    std::map<std::pair<std::string, std::string>, std::vector<SeriesRef>> lists;
    for (std::size_t i = 0; i < series.size(); ++i) {
      const auto read = reader->series((*refs)[i]);
      ASSERT_TRUE(read.has_value()) << read.error().text();
      EXPECT_EQ(read->labels, series[i].labels);
      EXPECT_EQ(read->chunks, series[i].chunks);
      for (const Label& label : series[i].labels) lists[{label.name, label.value}].push_back((*refs)[i]);
    }
    ASSERT_EQ(reader->postings_entries().size(), lists.size() + 1);
    for (const auto& [label, expected] : lists) {
      EXPECT_EQ(*reader->postings(label.first, label.second), expected);
    }
    const std::set<std::string> symbols = example_symbols(series);
    EXPECT_TRUE(std::equal(reader->symbols().begin() + 1, reader->symbols().end(), symbols.begin(), symbols.end()));
    EXPECT_EQ(reader->symbols().front(), "");
  }
}

TEST(IndexReader, ReadsTwentyThousandSeries) {
  std::vector<ExampleSeries> series;
  for (int i = 0; i < 20'000; ++i) {
    char id[16];
    std::snprintf(id, sizeof id, "%05d", i);
    series.push_back({example_labels({{"__name__", "m"}, {"even", i % 2 == 0 ? "yes" : ""}, {"id", id}}),
                      {{{static_cast<std::uint64_t>(8 + i)}, {i}, {i + 10}}}});
  }
  std::sort(series.begin(), series.end(), [](const auto& a, const auto& b) { return a.labels < b.labels; });
  std::uint64_t ref = 8;
  for (ExampleSeries& one : series) one.chunks[0].ref = {ref++};
  const auto reader = read_example(series);
  ASSERT_TRUE(reader.has_value()) << reader.error().text();
  EXPECT_EQ(reader->postings("", "")->size(), 20'000U);
  EXPECT_EQ(reader->postings("even", "yes")->size(), 10'000U);
  EXPECT_EQ(reader->label_values("id").size(), 20'000U);
  const auto one = reader->postings("id", "12345");
  ASSERT_EQ(one->size(), 1U);
  EXPECT_EQ(reader->series(one->front())->labels, example_labels({{"__name__", "m"}, {"id", "12345"}}));
  const std::vector<Matcher> matchers{matcher(MatchKind::kRegex, "id", "1.*"), matcher(MatchKind::kEqual, "even", "")};
  EXPECT_EQ(reader->select(matchers)->size(), 5'000U);
}

TEST(IndexReader, ListsLabelNamesAndValues) {
  const auto reader = read_example(three_series());
  ASSERT_TRUE(reader.has_value());
  EXPECT_EQ(reader->label_names(), (std::vector<std::string_view>{"__name__", "job"}));
  EXPECT_EQ(reader->label_values("job"), (std::vector<std::string_view>{"x", "yy"}));
  EXPECT_TRUE(reader->label_values("jo").empty());
  EXPECT_TRUE(reader->label_values("zz").empty());
  EXPECT_TRUE(reader->label_values("").empty());
  EXPECT_TRUE(reader->postings("job", "y")->empty());
  EXPECT_TRUE(reader->postings("job", "")->empty());
  EXPECT_TRUE(reader->postings("", "x")->empty());
}

TEST(IndexReader, SelectsByEmptyAndAbsentLabels) {
  const auto reader = read_example(three_series());
  ASSERT_TRUE(reader.has_value());
  const std::vector<SeriesRef> all = *reader->postings("", "");
  const auto selected = [&](std::string_view selector) {
    const auto matchers = parse_selector(selector);
    EXPECT_TRUE(matchers.has_value()) << selector;
    std::vector<std::size_t> places;
    const auto refs = reader->select(*matchers);
    EXPECT_TRUE(refs.has_value()) << selector;
    for (const SeriesRef ref : *refs) {
      places.push_back(static_cast<std::size_t>(std::find(all.begin(), all.end(), ref) - all.begin()));
    }
    return places;
  };
  using Places = std::vector<std::size_t>;
  EXPECT_EQ(selected("{}"), (Places{0, 1, 2}));
  EXPECT_EQ(selected("a"), (Places{0, 1}));
  EXPECT_EQ(selected("none"), (Places{}));
  EXPECT_EQ(selected("{job=''}"), (Places{2}));
  EXPECT_EQ(selected("{job!=''}"), (Places{0, 1}));
  EXPECT_EQ(selected("{job!='x'}"), (Places{1, 2}));
  EXPECT_EQ(selected("{job=~'x|'}"), (Places{0, 2}));
  EXPECT_EQ(selected("{job=~'.*'}"), (Places{0, 1, 2}));
  EXPECT_EQ(selected("{job=~'.+'}"), (Places{0, 1}));
  EXPECT_EQ(selected("{job!~'.*'}"), (Places{}));
  EXPECT_EQ(selected("{job!~'.+'}"), (Places{2}));
  EXPECT_EQ(selected("{job=~'y'}"), (Places{}));  // anchored
  EXPECT_EQ(selected("a{job='yy'}"), (Places{1}));
  EXPECT_EQ(selected("a{job='yy',job='x'}"), (Places{}));
  EXPECT_EQ(selected("{none=''}"), (Places{0, 1, 2}));
  EXPECT_EQ(selected("{none!=''}"), (Places{}));
  EXPECT_EQ(selected("{''=''}"), (Places{0, 1, 2}));  // a label named "" is on no series
  EXPECT_EQ(selected("{''!=''}"), (Places{}));
  EXPECT_EQ(selected("{''='x'}"), (Places{}));
}

TEST(IndexReader, SelectsWhatAFilterOverAllSeriesSelects) {
  const std::vector<std::string> names{"Env", "__name__", "a", "b", "host", "lä.bel", "none"};
  const std::vector<std::string> values{"", "v0", "v1", "many77", "é", "no such"};
  const std::vector<std::string> patterns{"", ".*", ".+", "v[0-2]", "v1|many.*", "many1.*|", "[^v].*", "é", "\\s"};
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const auto reader = read_example(random_series(random, 1 + random() % 400));
    ASSERT_TRUE(reader.has_value());
    for (int round = 0; round < 25; ++round) {
      std::vector<Matcher> matchers;
      std::string text;
      for (std::uint64_t i = 0, count = random() % 4; i < count; ++i) {
        const auto kind = static_cast<MatchKind>(random() % 4);
        const bool regex = kind == MatchKind::kRegex || kind == MatchKind::kNotRegex;
        const std::string& value = regex ? patterns[random() % patterns.size()] : values[random() % values.size()];
        matchers.push_back(matcher(kind, names[random() % names.size()], value));
        text += matchers.back().name() + " " + std::to_string(static_cast<int>(kind)) + " " + value + "; ";
      }
      const auto selected = reader->select(matchers);
      ASSERT_TRUE(selected.has_value()) << selected.error().text();
      EXPECT_EQ(*selected, brute_force(*reader, matchers)) << text;
    }
  }
}

TEST(IndexReader, RefusesEveryTruncation) {
  const auto whole = write_example(three_series());
  ASSERT_TRUE(whole.has_value());
  ASSERT_TRUE(read_everything(*whole));
  for (std::size_t size = 0; size < whole->size(); ++size) {
    const Status status = read_everything(Bytes(whole->begin(), whole->begin() + static_cast<std::ptrdiff_t>(size)));
    ASSERT_FALSE(status) << size;
    EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
    EXPECT_TRUE(status.error().where.starts_with("index: byte ")) << status.error().where;
  }
}

// Only padding has no checksum over it: the verifier looks at it, the reader never does.
TEST(IndexReader, NoticesEveryFlippedBitButInPadding) {
  const auto whole = write_example(three_series());
  ASSERT_TRUE(whole.has_value());
  const auto reader = IndexReader::parse(*whole, "index");
  ASSERT_TRUE(reader.has_value());
  std::vector<bool> padding(whole->size(), false);
  std::uint64_t end = reader->toc().series;
  const auto refs = reader->postings("", "");
  ASSERT_TRUE(refs.has_value());
  for (const SeriesRef ref : *refs) {
    std::fill(padding.begin() + static_cast<std::ptrdiff_t>(end),
              padding.begin() + static_cast<std::ptrdiff_t>(ref.offset()), true);
    end = ref.offset() + reader->entry(ref)->bytes;
  }
  EXPECT_EQ(end, reader->toc().postings);
  const std::uint64_t first_list = reader->postings_entries().front().offset;
  EXPECT_EQ(first_list, (end + 3) / 4 * 4);
  std::fill(padding.begin() + static_cast<std::ptrdiff_t>(end),
            padding.begin() + static_cast<std::ptrdiff_t>(first_list), true);
  ASSERT_GT(std::count(padding.begin(), padding.end(), true), 16);

  for (std::size_t bit = 0; bit < 8 * whole->size(); ++bit) {
    Bytes damaged = *whole;
    damaged[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_EQ(read_everything(std::move(damaged)).has_value(), padding[bit / 8]) << "byte " << bit / 8;
  }
}

TEST(IndexReader, RefusesOtherFilesAndVersions) {
  const auto whole = write_example(three_series());
  ASSERT_TRUE(whole.has_value());
  for (const int version : {0, 1, 3, 255}) {
    Bytes other = *whole;
    other[4] = static_cast<std::uint8_t>(version);
    const auto reader = IndexReader::parse(other, "index");
    ASSERT_FALSE(reader.has_value());
    EXPECT_EQ(reader.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(reader.error().message, "read header: index version is " + std::to_string(version) + ", not 2");
    EXPECT_FALSE(reader.error().hint.empty());
  }
  Bytes other = *whole;
  other[0] = 0;
  EXPECT_EQ(IndexReader::parse(other, "index").error().text(), "index: byte 0: read header: not an index file");
}

TEST(IndexReader, OpensOnlyFilesThatAreThere) {
  const TemporaryPath path("index");
  const auto reader = IndexReader::open(real_file_system(), path.text());
  ASSERT_FALSE(reader.has_value());
  EXPECT_EQ(reader.error().code, ErrorCode::kNotFound);
}

TEST(IndexReader, StaysValidWhenMoved) {
  auto made = read_example(three_series());
  ASSERT_TRUE(made.has_value());
  const IndexReader reader = std::move(made).value();
  EXPECT_EQ(reader.label_names().front(), "__name__");
  EXPECT_EQ(reader.select({})->size(), 3U);
}

// Hostile files have correct checksums: each claims something false behind one.
class HostileIndex : public testing::Test {
 protected:
  void SetUp() override {
    auto made = write_example(three_series());
    ASSERT_TRUE(made.has_value());
    bytes_ = std::move(made).value();
    const auto reader = IndexReader::parse(bytes_, "index");
    ASSERT_TRUE(reader.has_value());
    toc_ = reader->toc();
  }

  std::string problem() const {
    const Status status = read_everything(bytes_);
    return status ? "" : status.error().message;
  }
  void fix_frame(std::uint64_t offset) { fix_crc(bytes_, offset + 4, offset + 4 + load_be32(bytes_.data() + offset)); }
  void set_toc(std::size_t field, std::uint64_t offset) {
    const std::uint64_t toc = bytes_.size() - kTocBytes;
    store_be64(bytes_.data() + toc + 8 * field, offset);
    fix_crc(bytes_, toc, toc + 48);
  }

  Bytes bytes_;
  IndexToc toc_;
};

TEST_F(HostileIndex, FalseSymbolCount) {
  for (const std::uint32_t count : {0U, 1U, 6U, 8U, 1000U, 0xFFFFFFFFU}) {
    store_be32(bytes_.data() + toc_.symbols + 4, count);
    fix_frame(toc_.symbols);
    EXPECT_TRUE(problem().starts_with("read symbols: ")) << count;
  }
}

TEST_F(HostileIndex, FalseTableCount) {
  for (const std::uint32_t count : {0U, 1U, 4U, 6U, 1000U, 0xFFFFFFFFU}) {
    store_be32(bytes_.data() + toc_.postings_table + 4, count);
    fix_frame(toc_.postings_table);
    EXPECT_TRUE(problem().starts_with("read postings offset table: ")) << count;
  }
}

TEST_F(HostileIndex, FalseListCount) {
  const std::uint64_t list = (toc_.postings + 3) / 4 * 4;
  for (const std::uint32_t count : {0U, 2U, 4U, 0xFFFFFFFFU}) {
    store_be32(bytes_.data() + list + 4, count);
    fix_frame(list);
    EXPECT_EQ(problem(), "read postings: number of series and length of the list disagree") << count;
  }
}

TEST_F(HostileIndex, SectionsInTheWrongPlace) {
  const std::uint64_t size = bytes_.size();
  for (const std::size_t field : {0U, 1U, 4U, 5U}) {  // symbols, series, postings, postings table
    for (const std::uint64_t offset : {0UL, 4UL, size - kTocBytes + 1, size, ~0UL}) {
      const Bytes whole = bytes_;
      set_toc(field, offset);
      EXPECT_NE(problem(), "") << field << " " << offset;
      bytes_ = whole;
    }
  }
}

TEST_F(HostileIndex, ReferencesThatFallOrPointOutside) {
  const std::uint64_t list = (toc_.postings + 3) / 4 * 4;
  const Bytes whole = bytes_;
  store_be32(bytes_.data() + list + 8, load_be32(whole.data() + list + 12));
  fix_frame(list);
  EXPECT_EQ(problem(), "read postings: series references don't rise");
  bytes_ = whole;
  store_be32(bytes_.data() + list + 16, 0xFFFFFFFF);
  fix_frame(list);
  EXPECT_EQ(problem(), "read postings: a reference points outside the series section");
  store_be32(bytes_.data() + list + 16, static_cast<std::uint32_t>((toc_.postings + 15) / 16));
  fix_frame(list);
  EXPECT_EQ(problem(), "read postings: a reference points outside the series section");
  bytes_ = whole;
  store_be32(bytes_.data() + list + 8, 0);
  fix_frame(list);
  EXPECT_EQ(problem(), "read postings: a reference points outside the series section");
}

// Two values of one name that share a list would let a table of many entries cost the square of its size.
TEST_F(HostileIndex, OneListUnderTwoValues) {
  const auto reader = IndexReader::parse(bytes_, "index");
  ASSERT_TRUE(reader.has_value());
  const PostingsEntry& last = reader->postings_entries().back();
  const PostingsEntry& before = reader->postings_entries()[reader->postings_entries().size() - 2];
  ASSERT_EQ(last.name, before.name);
  ASSERT_GE(before.offset, 128U);  // both offsets are uvarints of two bytes, which the entry ends with
  const std::uint64_t table_end = bytes_.size() - kTocBytes - 4;
  bytes_[table_end - 2] = static_cast<std::uint8_t>(before.offset | 0x80);
  bytes_[table_end - 1] = static_cast<std::uint8_t>(before.offset >> 7);
  fix_frame(toc_.postings_table);
  const auto hostile = IndexReader::parse(bytes_, "index");
  ASSERT_TRUE(hostile.has_value());
  const std::vector<Matcher> matchers{matcher(MatchKind::kRegex, "job", ".+")};
  const auto selected = hostile->select(matchers);
  ASSERT_FALSE(selected.has_value());
  EXPECT_EQ(selected.error().message, "read postings: a series has two values of one label");
}

// Random damage that no checksum tells: the reader may accept it, but must stay within the file and end.
TEST_F(HostileIndex, RandomDamageBehindCorrectChecksums) {
  const Bytes whole = bytes_;
  const auto reader = IndexReader::parse(whole, "index");
  ASSERT_TRUE(reader.has_value());
  const auto refs = reader->postings("", "");
  ASSERT_TRUE(refs.has_value());
  std::vector<std::pair<std::uint64_t, std::uint64_t>> checked;  // content of each checksum: begin, end
  const auto frame = [&](std::uint64_t offset) {
    checked.emplace_back(offset + 4, offset + 4 + load_be32(whole.data() + offset));
  };
  frame(toc_.symbols);
  frame(toc_.postings_table);
  for (const PostingsEntry& entry : reader->postings_entries()) frame(entry.offset);
  for (const SeriesRef ref : *refs) {
    ASSERT_LT(whole[ref.offset()], 0x80);  // the length is one byte
    checked.emplace_back(ref.offset() + 1, ref.offset() + 1 + whole[ref.offset()]);
  }
  const auto matchers = parse_selector("{job=~'.+',__name__!='a',none=''}");
  ASSERT_TRUE(matchers.has_value());

  std::mt19937_64 random(7);
  int accepted = 0;
  for (int round = 0; round < 5000; ++round) {
    Bytes damaged = whole;
    for (std::uint64_t i = 0, count = 1 + random() % 3; i < count; ++i) {
      const auto& [begin, end] = checked[random() % checked.size()];
      damaged[begin + random() % (end - begin)] = static_cast<std::uint8_t>(random());
    }
    for (const auto& [begin, end] : checked) fix_crc(damaged, begin, end);
    const Status status = read_everything(damaged);
    accepted += status.has_value() ? 1 : 0;
    if (!status) {
      EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
    }
    const auto hostile = IndexReader::parse(std::move(damaged), "index");
    if (!hostile) continue;
    (void)hostile->label_names();
    const auto selected = hostile->select(*matchers);
    if (!selected) {
      EXPECT_EQ(selected.error().code, ErrorCode::kCorrupt);
    }
  }
  EXPECT_GT(accepted, 100);   // a changed time or label value is still a good index
  EXPECT_LT(accepted, 4000);  // a changed count or length is not
}

TEST_F(HostileIndex, SeriesAskedForElsewhere) {
  const auto reader = IndexReader::parse(bytes_, "index");
  ASSERT_TRUE(reader.has_value());
  for (const std::uint32_t ref : {0U, 1U, static_cast<std::uint32_t>(toc_.postings / 16 + 1), 0xFFFFFFFFU}) {
    const auto series = reader->series({ref});
    ASSERT_FALSE(series.has_value()) << ref;
    EXPECT_EQ(series.error().code, ErrorCode::kCorrupt);
  }
}

}  // namespace
}  // namespace promfill
