// FaultyFileSystem: which call fails, what a short write leaves, what is counted and recorded.
#include "file/faulty_file_system.h"

#include <gtest/gtest.h>

#include "file/temporary_directory.h"

namespace promfill {
namespace {

class FaultyFileSystemTest : public testing::Test {
 protected:
  [[nodiscard]] std::string at(std::string_view name) const { return directory_.path(name); }
  [[nodiscard]] std::vector<std::string> changes() const {
    std::vector<std::string> texts;
    for (const RecordedCall& call : fs_.changes()) texts.push_back(to_string(call));
    return texts;
  }

  TemporaryDirectory directory_;
  FaultyFileSystem fs_{real_file_system()};
};

TEST_F(FaultyFileSystemTest, PassesEverythingOnWithoutAFault) {
  ASSERT_TRUE(fs_.create_directory(at("d")));
  ASSERT_TRUE(write_file(fs_, at("d/f"), as_bytes("text")));
  EXPECT_EQ(as_text(*read_file(fs_, at("d/f"), 100)), "text");
  EXPECT_EQ(fs_.info(at("d/f"))->size_bytes, 4U);
  EXPECT_EQ(fs_.list(at("d"))->size(), 1U);
  EXPECT_GT(*fs_.free_bytes(at("d")), 0U);
  ASSERT_TRUE(fs_.rename(at("d/f"), at("d/g")));
  ASSERT_TRUE(fs_.sync_directory(at("d")));
  ASSERT_TRUE(fs_.lock(at("d/lock")));
  ASSERT_TRUE(fs_.remove_file(at("d/lock")));
  ASSERT_TRUE(fs_.remove_file(at("d/g")));
  ASSERT_TRUE(fs_.remove_empty_directory(at("d")));
  EXPECT_FALSE(fs_.struck());
  EXPECT_EQ(fs_.calls(), 16U);
  EXPECT_EQ(changes(), (std::vector<std::string>{"create_directory " + at("d"), "create " + at("d/f"),
                                                 "append " + at("d/f"), "sync " + at("d/f"), "close " + at("d/f"),
                                                 "rename " + at("d/f") + " " + at("d/g"), "sync_directory " + at("d"),
                                                 "lock " + at("d/lock"), "remove_file " + at("d/lock"),
                                                 "remove_file " + at("d/g"), "remove_empty_directory " + at("d")}));
}

TEST_F(FaultyFileSystemTest, FailsTheNthCallOfAnyKindOnce) {
  fs_.fail({.nth = 3, .code = ErrorCode::kPermission});
  EXPECT_TRUE(fs_.list(at("")));
  EXPECT_TRUE(fs_.create_directory(at("a")));
  EXPECT_FALSE(fs_.struck());
  const Status third = fs_.create_directory(at("b"));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::kPermission);
  EXPECT_EQ(third.error().where, at("b"));
  EXPECT_TRUE(fs_.struck());
  EXPECT_TRUE(fs_.create_directory(at("c")));
  EXPECT_FALSE(exists(real_file_system(), at("b"))) << "a call that fails does nothing";
  EXPECT_EQ(changes(), (std::vector<std::string>{"create_directory " + at("a"), "create_directory " + at("b") + " !",
                                                 "create_directory " + at("c")}));
}

TEST_F(FaultyFileSystemTest, CountsOnlyTheNamedKind) {
  fs_.fail({.nth = 2, .call = FileCall::kCreateDirectory});
  EXPECT_TRUE(fs_.create_directory(at("a")));
  EXPECT_TRUE(fs_.sync_directory(at("a")));
  EXPECT_TRUE(fs_.sync_directory(at("a")));
  EXPECT_FALSE(fs_.create_directory(at("b")));
  EXPECT_EQ(fs_.calls(FileCall::kCreateDirectory), 2U);
  EXPECT_EQ(fs_.calls(FileCall::kSyncDirectory), 2U);
  EXPECT_EQ(fs_.calls(), 4U);
}

TEST_F(FaultyFileSystemTest, ALastingFaultEndsOnlyWithRepair) {
  fs_.fail({.nth = 2, .lasting = true});
  EXPECT_TRUE(fs_.create_directory(at("a")));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(fs_.create_directory(at("b")));
  EXPECT_FALSE(fs_.open(at("a")));
  fs_.repair();
  EXPECT_TRUE(fs_.create_directory(at("b")));
  EXPECT_TRUE(fs_.struck()) << "tells what has been, also afterwards";
}

TEST_F(FaultyFileSystemTest, ShortWritesLeaveAPrefix) {
  struct Case {
    std::size_t asked;
    std::string_view left;
  };
  for (const Case& c : {Case{0, ""}, Case{3, "abc"}, Case{6, "abcde"}, Case{100, "abcde"}}) {
    const std::string path = at("short" + std::to_string(c.asked));
    fs_.fail({.call = FileCall::kAppend, .code = ErrorCode::kNoSpace, .short_write_bytes = c.asked});
    EXPECT_EQ(write_file(fs_, path, as_bytes("abcdef")).error().code, ErrorCode::kNoSpace);
    EXPECT_EQ(as_text(*read_file(real_file_system(), path, 100)), c.left);
  }
}

TEST_F(FaultyFileSystemTest, FailsEveryCallOfFiles) {
  auto file = std::move(fs_.create(at("f"))).value();
  ASSERT_TRUE(file->append(as_bytes("abc")));
  fs_.fail({.call = FileCall::kWriteAt});
  EXPECT_FALSE(file->write_at(0, as_bytes("x")));
  fs_.fail({.call = FileCall::kSync});
  EXPECT_FALSE(file->sync());
  fs_.fail({.call = FileCall::kClose});
  EXPECT_FALSE(file->close());
  file.reset();
  fs_.fail({.call = FileCall::kReadAt});
  EXPECT_EQ(read_file(fs_, at("f"), 100).error().message, "read_at: made to fail");
  EXPECT_EQ(as_text(*read_file(fs_, at("f"), 100)), "abc");
}

TEST_F(FaultyFileSystemTest, EveryKindOfCallHasAName) {
  EXPECT_EQ(to_string(FileCall::kOpen), "open");
  EXPECT_EQ(to_string(FileCall::kLock), "lock");
  EXPECT_EQ(to_string(FileCall::kWriteAt), "write_at");
  EXPECT_EQ(to_string(FileCall::kSyncDirectory), "sync_directory");
}

}  // namespace
}  // namespace promfill
