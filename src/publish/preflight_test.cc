#include "publish/preflight.h"

#include <gtest/gtest.h>

#include <chrono>

#include "block/example_block.h"
#include "publish/block_checks.h"
#include "publish/http_client.h"

namespace promfill {
namespace {

using std::chrono_literals::operator""h;

constexpr std::int64_t kHourMs = 3600 * 1000;

TEST(Retention, IsReadAsServersPrintIt) {
  const auto both = parse_retention("40d or 1GiB512MiB");
  ASSERT_TRUE(both);
  EXPECT_EQ(both->time, Duration(24h * 40));
  EXPECT_EQ(both->size_bytes, (1ULL << 30) + (512ULL << 20));
  const auto time = parse_retention("15d");
  ASSERT_TRUE(time);
  EXPECT_EQ(time->time, Duration(24h * 15));
  EXPECT_FALSE(time->size_bytes);
  const auto size = parse_retention("5GiB");
  ASSERT_TRUE(size);
  EXPECT_FALSE(size->time);
  EXPECT_EQ(size->size_bytes, 5ULL << 30);
  EXPECT_FALSE(parse_retention("ever"));
}

TEST(ServerVersion, IsTheFirstTwoNumbers) {
  EXPECT_EQ(parse_server_version("2.42.0+ds"), (ServerVersion{2, 42}));
  EXPECT_EQ(parse_server_version("v3.14.0-rc.1"), (ServerVersion{3, 14}));
  EXPECT_FALSE(parse_server_version(""));
  EXPECT_FALSE(parse_server_version("main"));
  EXPECT_LT((ServerVersion{2, 55}), (ServerVersion{3, 0}));
}

TEST(Selector, QuotesWhatNeedsIt) {
  EXPECT_EQ(selector_of(labels_of({{"__name__", "a"}, {"h\"x", "y\n"}})), "{__name__=\"a\",\"h\\\"x\"=\"y\\n\"}");
}

TEST(HttpClient, ShowsNoPassword) {
  const auto client = HttpClient::create("https://me:canary@host:9090/prometheus/");
  ASSERT_TRUE(client);
  EXPECT_EQ(client->url(), "https://host:9090/prometheus");
  const auto plain = HttpClient::create("http://host/a@b");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->url(), "http://host/a@b");
  EXPECT_FALSE(HttpClient::create("file:///etc/passwd"));
  EXPECT_FALSE(HttpClient::create("localhost:9090"));
}

TEST(UlidOfPiece, DependsOnSourceAndRangeAlone) {
  const Ulid source = *Ulid::parse(kExampleUlid);
  const Ulid piece = ulid_of_piece(source, {{0}, {10}});
  EXPECT_EQ(piece, ulid_of_piece(source, {{0}, {10}}));
  EXPECT_NE(piece, source);
  EXPECT_NE(piece, ulid_of_piece(source, {{0}, {11}}));
  EXPECT_EQ(piece.created(), source.created());
}

TEST(Compaction, TellsOfBlocksThatItNeverMerges) {
  EXPECT_FALSE(compaction_note({{0}, {2 * kHourMs}}, {}));
  EXPECT_FALSE(compaction_note({{-2 * kHourMs}, {0}}, {}));
  EXPECT_TRUE(compaction_note({{-1}, {1}}, {}));
  EXPECT_TRUE(compaction_note({{0}, {54 * kHourMs}}, Duration(36h)));
}

class StoppedServer : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(fs_.create_directory(work_ / "data"));
    ASSERT_TRUE(fs_.create_directory(work_ / "in"));
    ASSERT_TRUE(write_block(fs_, join_path(work_ / "in", kExampleUlid), small_example()));
  }
  Preflight look(Timestamp now) {
    const auto result =
        run_preflight(fs_, {.source = work_ / "in", .data_directory = work_ / "data", .now = now}, nullptr);
    EXPECT_TRUE(result) << result.error().text();
    return result ? *result : Preflight{};
  }
  static bool refuses(const Preflight& preflight, std::string_view check) {
    return std::ranges::any_of(preflight.findings, [check](const Finding& finding) {
      return finding.check == check && finding.verdict == Verdict::kRefused;
    });
  }

  FileSystem& fs_ = real_file_system();
  TemporaryDirectory work_;
};

TEST_F(StoppedServer, TakesAllIntoAnEmptyDirectory) {
  const Preflight preflight = look({24 * kHourMs});
  EXPECT_FALSE(preflight.refused());
  ASSERT_EQ(preflight.pieces.size(), 1U);
  EXPECT_TRUE(preflight.pieces[0].is_whole());
}

TEST_F(StoppedServer, RefusesTheFutureToTheMillisecond) {
  const auto meta = read_block_meta(fs_, join_path(work_ / "in", kExampleUlid));
  ASSERT_TRUE(meta);
  const Timestamp last{meta->range.max.ms - 1};
  EXPECT_TRUE(refuses(look({last.ms - 1}), "future"));
  EXPECT_FALSE(refuses(look(last), "future"));
}

TEST_F(StoppedServer, RefusesWhatIsPastTheRetentionToTheMillisecond) {
  const auto meta = read_block_meta(fs_, join_path(work_ / "in", kExampleUlid));
  ASSERT_TRUE(meta);
  const std::int64_t kept_ms = Duration(24h * 15).ms;
  EXPECT_TRUE(refuses(look({meta->range.max.ms + kept_ms}), "retention"));
  EXPECT_FALSE(refuses(look({meta->range.max.ms + kept_ms - 1}), "retention"));
}

TEST_F(StoppedServer, CutsWhereTheNewestBlockEnds) {
  ASSERT_TRUE(write_block(fs_, join_path(work_ / "data", "01M81YYM12S0BSQ0VZ337X1V5A"),
                          {{labels_of({{"__name__", "other"}}), samples_of(0, 1000, 3)}},
                          "01M81YYM12S0BSQ0VZ337X1V5A"));
  const Preflight preflight = look({24 * kHourMs});
  EXPECT_FALSE(preflight.refused());
  EXPECT_EQ(preflight.bound.ms, 2001);
  ASSERT_EQ(preflight.pieces.size(), 1U);
  EXPECT_EQ(preflight.pieces[0].range.max.ms, 2001);
  ASSERT_EQ(preflight.later.size(), 1U);
  EXPECT_EQ(preflight.later[0].range.min.ms, 2001);
}

TEST_F(StoppedServer, RefusesALogWithoutBlocks) {
  ASSERT_TRUE(fs_.create_directory(work_ / "data/wal"));
  ASSERT_TRUE(write_file(fs_, work_ / "data/wal/00000000", as_bytes("x")));
  EXPECT_TRUE(refuses(look({24 * kHourMs}), "head"));
}

TEST(Manifest, IsReadAsItWasWritten) {
  const TemporaryDirectory work;
  FileSystem& fs = real_file_system();
  PublishManifest manifest{.data_directory = "/data", .server = "http://host", .state = PublishState::kPlacing};
  manifest.blocks.push_back({.source = *Ulid::parse(kExampleUlid),
                             .ulid = ulid_of_piece(*Ulid::parse(kExampleUlid), {{-5}, {7}}),
                             .range = {{-5}, {7}},
                             .samples = 3,
                             .bytes = 1234});
  const std::string path = work / "publish-x.json";
  ASSERT_TRUE(write_manifest(fs, path, manifest));
  manifest.state = PublishState::kServed;
  ASSERT_TRUE(write_manifest(fs, path, manifest));
  const auto read = read_manifest(fs, path);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->state, PublishState::kServed);
  ASSERT_EQ(read->blocks.size(), 1U);
  EXPECT_EQ(read->blocks[0].ulid, manifest.blocks[0].ulid);
  EXPECT_EQ(read->blocks[0].range, manifest.blocks[0].range);
  // Cut short between its two renames, it is found under its other name.
  ASSERT_TRUE(fs.rename(path, path + ".before"));
  EXPECT_TRUE(read_manifest(fs, path));
  overwrite(path, as_bytes("{}"));
  EXPECT_FALSE(read_manifest(fs, path));
}

}  // namespace
}  // namespace promfill
