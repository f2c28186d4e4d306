// Goal: what the journal says is what was done, up to the first line that a crash left half-written.
#include "job/journal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "encoding/crc32c.h"
#include "file/faulty_file_system.h"

namespace promfill {
namespace {

class Journals : public testing::Test {
 protected:
  void SetUp() override {
    path_ = testing::TempDir() + "/journal_" + testing::UnitTest::GetInstance()->current_test_info()->name() +
            std::to_string(::getpid());
    ASSERT_TRUE(remove_tree(fs_, path_));
  }
  void TearDown() override { ASSERT_TRUE(remove_tree(fs_, path_)); }
  std::string text() { return std::string(as_text(read_file(fs_, path_, 1 << 20).value())); }

  /// One of every kind of line.
  void write() {
    auto journal =
        Journal::create(fs_, path_, {.created = {1234}, .identity = {{"input \"a\"\n", "\xff"}}, .scratch = "/x"});
    ASSERT_TRUE(journal) << journal.error().text();
    ASSERT_TRUE(journal->add(JournaledWindow{-3, ulid_, 99, {1, {2, 3}, 4}}));
    Checkpoint checkpoint{.pieces = 5, .runs = {"run-1-0", "run-1-1"}, .windows = {{-2, {0, {5, 6}, 7}}}};
    checkpoint.judged.cells = 10;
    checkpoint.judged.rejected = 4;
    checkpoint.judged.rejected_by_reason["null_timestamp"] = 4;
    checkpoint.rejects = "rejects-1.jsonl";
    checkpoint.rejects_bytes = 17;
    checkpoint.rejects_crc = 0xdeadbeef;
    ASSERT_TRUE(journal->add(checkpoint));
    ASSERT_TRUE(journal->commit({{"a", "b"}}));
    ASSERT_TRUE(journal->abandon());
  }

  FileSystem& fs_ = real_file_system();
  std::string path_;
  const Ulid ulid_ = Ulid::make({1000}, {1});
};

TEST_F(Journals, ReadBackAsTheyWereWritten) {
  write();
  const auto read = parse_journal(text());
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->created, Timestamp{1234});
  EXPECT_EQ(read->identity, (JobIdentity{{"input \"a\"\n", "\xef\xbf\xbd"}})) << "what is no UTF-8 is replaced";
  EXPECT_EQ(read->scratch, "/x");
  EXPECT_EQ(read->windows, (std::vector<JournaledWindow>{{-3, ulid_, 99, {1, {2, 3}, 4}}}));
  ASSERT_TRUE(read->checkpoint);
  EXPECT_EQ(read->checkpoint->pieces, 5U);
  EXPECT_EQ(read->checkpoint->runs, (std::vector<std::string>{"run-1-0", "run-1-1"}));
  EXPECT_EQ(read->checkpoint->windows.at(0).first, -2);
  EXPECT_EQ(read->checkpoint->windows.at(0).second, (WindowTally{0, {5, 6}, 7}));
  EXPECT_EQ(read->checkpoint->judged.cells, 10U);
  EXPECT_EQ(read->checkpoint->judged.rejected_by_reason.at("null_timestamp"), 4U);
  EXPECT_EQ(read->checkpoint->rejects, "rejects-1.jsonl");
  EXPECT_EQ(read->checkpoint->rejects_crc, 0xdeadbeefU);
  EXPECT_EQ(read->moves, (std::vector<Move>{{"a", "b"}}));
  EXPECT_TRUE(read->committing && read->abandoned);
}

TEST_F(Journals, CountUpToTheFirstLineThatIsNotWhole) {
  write();
  const std::string whole = text();
  std::vector<std::size_t> ends;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    if (whole[at] == '\n') ends.push_back(at + 1);
  }
  ASSERT_EQ(ends.size(), 5U);
  const auto stages = [](const JournalContents& read) {
    return read.windows.size() + (read.checkpoint ? 1U : 0U) + (read.committing ? 1U : 0U) + (read.abandoned ? 1U : 0U);
  };
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    const auto lines = static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), bytes) - ends.begin());
    std::string flipped = whole;
    flipped[bytes] = static_cast<char>(flipped[bytes] ^ 1);
    for (const std::string& damaged : {whole.substr(0, bytes), flipped}) {
      const auto read = parse_journal(damaged);
      ASSERT_EQ(read.has_value(), lines > 0) << bytes;
      EXPECT_TRUE(!read || stages(*read) == lines - 1) << bytes;
    }
  }
}

TEST_F(Journals, OfAnotherVersionAreRefused) {
  write();
  const std::string whole = text();
  std::string line = whole.substr(9, whole.find('\n') - 9);
  const std::size_t version = line.find("\"version\":1");
  ASSERT_NE(version, std::string::npos) << line;
  line.replace(version, 11, "\"version\":2");
  char checksum[10];
  std::snprintf(checksum, sizeof checksum, "%08x ", crc32c(as_bytes(line)));
  const auto read = parse_journal(checksum + line + "\n");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kRefused);
  EXPECT_NE(read.error().message.find("another version"), std::string::npos);
}

TEST_F(Journals, ReportAFailureOfEveryCall) {
  write();
  JournalContents known = parse_journal(text()).value();
  FaultyFileSystem faulty(fs_);
  std::uint64_t n = 1;
  for (;; ++n) {
    ASSERT_TRUE(remove_tree(fs_, path_));
    faulty.fail({.nth = n, .code = ErrorCode::kNoSpace});
    const auto all = [&]() -> Status {
      PROMFILL_TRY(Journal journal, Journal::create(faulty, path_, known));
      PROMFILL_TRY_STATUS(journal.commit({{"a", "b"}}));
      return journal.abandon();
    };
    const Status written = all();
    if (!faulty.struck()) break;
    EXPECT_EQ(written.error().code, ErrorCode::kNoSpace) << "call " << n;
  }
  EXPECT_EQ(n - 1, 8U) << "create, three lines of what is known, two more with a sync each";
}

TEST_F(Journals, BeginWithWhatIsKnown) {
  write();
  const JournalContents first = parse_journal(text()).value();
  ASSERT_TRUE(fs_.remove_file(path_));
  ASSERT_TRUE(Journal::create(fs_, path_, first));
  const JournalContents second = parse_journal(text()).value();
  EXPECT_EQ(second.windows, first.windows);
  EXPECT_EQ(second.checkpoint->runs, first.checkpoint->runs);
  EXPECT_FALSE(second.committing) << "a journal that begins has committed nothing";
}

}  // namespace
}  // namespace promfill
