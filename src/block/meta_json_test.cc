// meta.json: the exact text of Prometheus, and what the reader takes and refuses.
#include "block/meta_json.h"

#include <gtest/gtest.h>

namespace promfill {
namespace {

/// A block of two samples as Prometheus 3.14 wrote it.
constexpr std::string_view kTwoSamples =
    "{\n\t\"ulid\": \"01M81YYM12S0BSQ0VZ337X1V4T\",\n\t\"minTime\": -3595000,\n\t\"maxTime\": 5001,\n\t\"stats\": {\n"
    "\t\t\"numSamples\": 2,\n\t\t\"numFloatSamples\": 2,\n\t\t\"numSeries\": 2,\n\t\t\"numChunks\": 2\n\t},\n"
    "\t\"compaction\": {\n\t\t\"level\": 1,\n\t\t\"sources\": [\n\t\t\t\"01M81YYM12S0BSQ0VZ337X1V4T\"\n\t\t]\n\t},\n"
    "\t\"version\": 1\n}";

BlockMeta two_samples() {
  BlockMeta meta;
  meta.ulid = *Ulid::parse("01M81YYM12S0BSQ0VZ337X1V4T");
  meta.range = {{-3595000}, {5001}};
  meta.stats = {.samples = 2, .float_samples = 2, .series = 2, .chunks = 2};
  meta.sources = {meta.ulid};
  return meta;
}

std::string replaced(std::string_view from, std::string_view to) {
  std::string text(kTwoSamples);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(MetaJson, WritesPrometheusBytes) { EXPECT_EQ(encode_meta_json(two_samples()), kTwoSamples); }

TEST(MetaJson, LeavesOutWhatIsZeroOrEmpty) {
  BlockMeta meta;
  EXPECT_EQ(encode_meta_json(meta),
            "{\n\t\"ulid\": \"00000000000000000000000000\",\n\t\"minTime\": 0,\n\t\"maxTime\": 0,\n\t\"stats\": {},\n"
            "\t\"compaction\": {\n\t\t\"level\": 1\n\t},\n\t\"version\": 1\n}");
}

TEST(MetaJson, WritesEveryKeyInOrder) {
  BlockMeta meta;
  meta.stats = {1, 2, 3, 4, 5, 6};
  meta.level = 7;
  meta.deletable = meta.failed = true;
  meta.hints = {"from-out-of-order", "from-stale-series"};
  EXPECT_EQ(
      encode_meta_json(meta),
      "{\n\t\"ulid\": \"00000000000000000000000000\",\n\t\"minTime\": 0,\n\t\"maxTime\": 0,\n\t\"stats\": {\n"
      "\t\t\"numSamples\": 1,\n\t\t\"numFloatSamples\": 2,\n\t\t\"numHistogramSamples\": 3,\n\t\t\"numSeries\": 4,\n"
      "\t\t\"numChunks\": 5,\n\t\t\"numTombstones\": 6\n\t},\n\t\"compaction\": {\n\t\t\"level\": 7,\n"
      "\t\t\"deletable\": true,\n\t\t\"failed\": true,\n"
      "\t\t\"hints\": [\n\t\t\t\"from-out-of-order\",\n\t\t\t\"from-stale-series\"\n\t\t]\n\t},\n\t\"version\": 1\n}");
}

TEST(MetaJson, WritesExternalLabelsForThanos) {
  BlockMeta meta = two_samples();
  meta.external_labels = *Labels::create({{"replica", "a \"b\""}, {"cluster", "eu"}});
  std::string text = replaced("\"version\": 1\n}", "\"version\": 1,\n");
  text +=
      "\t\"thanos\": {\n\t\t\"version\": 1,\n\t\t\"labels\": {\n\t\t\t\"cluster\": \"eu\",\n"
      "\t\t\t\"replica\": \"a \\\"b\\\"\"\n\t\t},\n\t\t\"downsample\": {\n\t\t\t\"resolution\": 0\n\t\t},\n"
      "\t\t\"source\": \"promfill\"\n\t}\n}";
  EXPECT_EQ(encode_meta_json(meta), text);
  EXPECT_TRUE(parse_meta_json(text));
}

TEST(MetaJson, ReadsWhatItWrites) {
  const auto meta = parse_meta_json(kTwoSamples);
  ASSERT_TRUE(meta) << meta.error().text();
  EXPECT_EQ(meta->ulid, two_samples().ulid);
  EXPECT_EQ(meta->range, two_samples().range);
  EXPECT_EQ(meta->stats, two_samples().stats);
  EXPECT_EQ(meta->sources, two_samples().sources);
  EXPECT_EQ(meta->level, 1U);
  EXPECT_EQ(meta->parent_count, 0U);
  EXPECT_FALSE(meta->deletable || meta->failed || meta->has_unknown_keys);
}

TEST(MetaJson, ReadsCompactedBlocksAndOthersKeys) {
  const auto meta = parse_meta_json(
      R"({"thanos":{"labels":{"a":"b"},"files":[{"rel_path":"index"}]},"version":1,"ulid":"01M81YYM12S0BSQ0VZ337X1V4T",
      "minTime":-9223372036854775808,"maxTime":9223372036854775807,"stats":{"numSamples":18446744073709551615},
      "compaction":{"level":3,"parents":[{"ulid":"x"},{"ulid":"y"}],"hints":["from-out-of-order"],"deletable":true}})");
  ASSERT_TRUE(meta) << meta.error().text();
  EXPECT_TRUE(meta->has_unknown_keys);
  EXPECT_EQ(meta->range, (TimeRange{kTimestampMin, kTimestampMax}));
  EXPECT_EQ(meta->stats.samples, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(meta->level, 3U);
  EXPECT_EQ(meta->parent_count, 2U);
  EXPECT_EQ(meta->hints, std::vector<std::string>{"from-out-of-order"});
  EXPECT_TRUE(meta->deletable);
}

TEST(MetaJson, RefusesMissingAndMistypedKeys) {
  for (const auto& [from, to] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"\"ulid\"", "\"ulix\""},
           {"\"minTime\"", "\"min\""},
           {"\"maxTime\"", "\"max\""},
           {"\"compaction\"", "\"c\""},
           {"\"level\"", "\"l\""},
           {"\"version\"", "\"v\""},
           {"\"version\": 1", "\"version\": 2"},
           {"\"version\": 1", "\"version\": 1.0"},
           {"\"version\": 1", "\"version\": \"1\""},
           {"5001", "9223372036854775808"},
           {"5001", "1e3"},
           {"5001", "null"},
           {"\"numSamples\": 2", "\"numSamples\": -2"},
           {"\"numSamples\": 2", "\"numSamples\": 18446744073709551616"},
           {"\"level\": 1", "\"level\": 4294967296"},
           {"01M81YYM12S0BSQ0VZ337X1V4T", "01M81YYM12S0BSQ0VZ337X1V4"},
           {"\"level\": 1", "\"level\": 1, \"deletable\": 1"},
           {"\"level\": 1", "\"level\": 1, \"hints\": [1]"},
           {"\"level\": 1", "\"level\": 1, \"parents\": {}"},
           {"\"version\": 1\n}", "\"version\": 1\n} x"},
       }) {
    const auto meta = parse_meta_json(replaced(from, to));
    ASSERT_FALSE(meta) << to;
    EXPECT_EQ(meta.error().code, ErrorCode::kCorrupt);
    EXPECT_TRUE(meta.error().message.starts_with("read meta.json: ")) << meta.error().message;
  }
  for (const std::string_view text :
       {"", "null", "[]", "1", "\"x\"", "{}", "{\"version\":1}", "\xff", "{\"ulid\":\"\xff\"}"}) {
    EXPECT_FALSE(parse_meta_json(text)) << text;
  }
}

TEST(MetaJson, RefusesDeepNestingAndEveryTruncation) {
  const std::string deep(100'000, '[');
  EXPECT_FALSE(parse_meta_json(deep));
  EXPECT_FALSE(
      parse_meta_json(replaced("\"version\"", "\"x\": " + deep + std::string(deep.size(), ']') + ", \"version\"")));
  for (std::size_t size = 0; size < kTwoSamples.size(); ++size)
    EXPECT_FALSE(parse_meta_json(kTwoSamples.substr(0, size)));
}

}  // namespace
}  // namespace promfill
