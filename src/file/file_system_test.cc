// The functions over a FileSystem: whole files, trees, paths; with a failure at every call.
#include "file/file_system.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/faulty_file_system.h"
#include "file/temporary_directory.h"

namespace promfill {
namespace {

class FileSystemTest : public testing::Test {
 protected:
  [[nodiscard]] std::string at(std::string_view name) const { return directory_.path(name); }
  void put(std::string_view name, std::string_view text) {
    ASSERT_TRUE(write_file(real_file_system(), at(name), as_bytes(text)));
  }
  void make(std::string_view name) { ASSERT_TRUE(real_file_system().create_directory(at(name))); }
  void link(const std::string& target, std::string_view name) {
    ASSERT_EQ(::symlink(target.c_str(), at(name).c_str()), 0);
  }
  [[nodiscard]] bool there(std::string_view name) const { return exists(real_file_system(), at(name)); }
  [[nodiscard]] std::vector<std::string> changes() const {
    std::vector<std::string> texts;
    for (const RecordedCall& call : fs_.changes()) texts.push_back(to_string(call));
    return texts;
  }

  TemporaryDirectory directory_;
  FaultyFileSystem fs_{real_file_system()};
};

TEST_F(FileSystemTest, ReadFileKeepsToItsLimit) {
  put("f", "12345");
  put("empty", "");
  EXPECT_EQ(as_text(*read_file(fs_, at("f"), 6)), "12345");
  EXPECT_EQ(as_text(*read_file(fs_, at("f"), 5)), "12345");
  EXPECT_EQ(read_file(fs_, at("empty"), 0)->size(), 0U);
  const Result<Bytes> above = read_file(fs_, at("f"), 4);
  ASSERT_FALSE(above);
  EXPECT_EQ(above.error().code, ErrorCode::kLimit);
  EXPECT_EQ(above.error().where, at("f"));
  EXPECT_EQ(above.error().message, "read: the file has 5 bytes, more than the 4 that are allowed");
}

TEST_F(FileSystemTest, WriteFileSyncsBeforeItCloses) {
  ASSERT_TRUE(write_file(fs_, at("f"), as_bytes("text")));
  EXPECT_EQ(changes(), (std::vector<std::string>{"create " + at("f"), "append " + at("f"), "sync " + at("f"),
                                                 "close " + at("f")}));
  EXPECT_EQ(write_file(fs_, at("f"), as_bytes("other")).error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(as_text(*read_file(fs_, at("f"), 100)), "text");
}

TEST_F(FileSystemTest, CreateDirectoriesSyncsEveryParentThatGainsAnEntry) {
  make("a");
  const auto made = create_directories(fs_, at("a/b//c/"));
  ASSERT_TRUE(made);
  EXPECT_EQ(*made, (std::vector<std::string>{at("a/b"), at("a/b//c/")}));
  EXPECT_TRUE(there("a/b/c"));
  EXPECT_EQ(changes(), (std::vector<std::string>{"create_directory " + at("a/b"), "sync_directory " + at("a"),
                                                 "create_directory " + at("a/b//c/"), "sync_directory " + at("a/b")}));
  EXPECT_EQ(create_directories(fs_, at("a/b/c"))->size(), 0U);
  EXPECT_EQ(changes().size(), 4U) << "what is there stays";
  EXPECT_TRUE(create_directories(fs_, "/"));
  EXPECT_TRUE(create_directories(fs_, "."));
}

TEST_F(FileSystemTest, CreateDirectoriesTakesRelativePaths) {
  const std::unique_ptr<char, void (*)(void*)> before(::get_current_dir_name(), ::free);
  ASSERT_EQ(::chdir(at("").c_str()), 0);
  const auto created = create_directories(fs_, "x/y");
  ASSERT_EQ(::chdir(before.get()), 0);
  ASSERT_TRUE(created);
  EXPECT_TRUE(there("x/y"));
  EXPECT_EQ(changes(), (std::vector<std::string>{"create_directory x", "sync_directory .", "create_directory x/y",
                                                 "sync_directory x"}));
}

TEST_F(FileSystemTest, CreateDirectoriesGoesThroughLinksToDirectories) {
  make("real");
  link(at("real"), "link");
  ASSERT_TRUE(create_directories(fs_, at("link")));
  ASSERT_TRUE(create_directories(fs_, at("link/sub")));
  EXPECT_TRUE(there("real/sub"));
}

TEST_F(FileSystemTest, CreateDirectoriesNamesWhatStandsInTheWay) {
  put("file", "");
  link(at("file"), "to_file");
  link(at("nowhere"), "dangling");
  for (const char* name : {"file", "to_file", "dangling"}) {
    for (const char* below : {"", "/x", "/x/y"}) {
      const auto created = create_directories(fs_, at(std::string(name) + below));
      ASSERT_FALSE(created) << name << below;
      EXPECT_EQ(created.error().code, ErrorCode::kAlreadyExists);
      EXPECT_EQ(created.error().where, at(name));
    }
  }
  EXPECT_EQ(fs_.calls(FileCall::kCreateDirectory), 0U);
}

TEST_F(FileSystemTest, CreateDirectoriesAcceptsOneThatAnotherProcessMadeFirst) {
  fs_.fail({.call = FileCall::kCreateDirectory, .code = ErrorCode::kAlreadyExists});
  const auto made = create_directories(fs_, at("d"));
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->empty()) << "it is not ours to remove";
  EXPECT_EQ(fs_.calls(FileCall::kSyncDirectory), 1U) << "its name may not be durable yet";
}

TEST_F(FileSystemTest, CreateDirectoriesReportsAFailureOfEveryCallAndLeavesNothing) {
  std::uint64_t n = 1;
  for (;; ++n) {
    const std::string top = "t" + std::to_string(n);
    fs_.fail({.nth = n, .code = ErrorCode::kPermission});
    const auto created = create_directories(fs_, at(top + "/a/b"));
    if (!fs_.struck()) break;
    ASSERT_FALSE(created) << "call " << n;
    EXPECT_EQ(created.error().code, ErrorCode::kPermission);
    EXPECT_FALSE(there(top)) << "call " << n;
    EXPECT_TRUE(create_directories(fs_, at(top + "/a/b")));
  }
  EXPECT_EQ(n - 1, 10U) << "4 looks, 3 directories, 3 syncs";
}

TEST_F(FileSystemTest, CopyFileReportsAFailureOfEveryCallAndCanBeRepeated) {
  const std::string text(200'000, 'x');  // several reads
  put("from", text);
  std::uint64_t n = 1;
  for (;; ++n) {
    const std::string to = at("to" + std::to_string(n));
    fs_.fail({.nth = n, .code = ErrorCode::kNoSpace});
    const Status copied = copy_file(fs_, at("from"), to);
    if (!fs_.struck()) break;
    ASSERT_FALSE(copied) << "call " << n;
    EXPECT_EQ(copied.error().code, ErrorCode::kNoSpace);
    fs_.repair();
    ASSERT_TRUE(copy_file(fs_, at("from"), to)) << "call " << n;
    EXPECT_EQ(as_text(*read_file(fs_, to, 1 << 20)), text);
  }
  EXPECT_GT(n, 10U);
}

TEST_F(FileSystemTest, WriteFileReportsAFailureOfEveryCall) {
  std::uint64_t n = 1;
  for (;; ++n) {
    fs_.fail({.nth = n, .code = ErrorCode::kNoSpace});
    const Status written = write_file(fs_, at("file" + std::to_string(n)), as_bytes("text"));
    if (!fs_.struck()) break;
    EXPECT_EQ(written.error().code, ErrorCode::kNoSpace) << "call " << n;
  }
  EXPECT_EQ(n - 1, 4U) << "create, append, sync, close";
}

TEST_F(FileSystemTest, SyncTreeReportsAFailureOfEveryCall) {
  make("tree");
  make("tree/below");
  put("tree/below/file", "text");
  put("tree/file", "text");
  std::uint64_t n = 1;
  for (;; ++n) {
    fs_.fail({.nth = n, .code = ErrorCode::kIo});
    const Status synced = sync_tree(fs_, at("tree"));
    if (!fs_.struck()) break;
    EXPECT_EQ(synced.error().code, ErrorCode::kIo) << "call " << n;
  }
  EXPECT_EQ(n - 1, 6U) << "2 lists, 2 files, 2 directories";
}

TEST_F(FileSystemTest, RemoveTreeRemovesEverythingAndFollowsNothing) {
  make("outside");
  put("outside/precious", "text");
  make("tree");
  make("tree/a");
  make("tree/a/b");
  put("tree/a/b/f", "x");
  put("tree/g", "x");
  link(at("outside"), "tree/a/to_directory");
  link(at("outside/precious"), "tree/to_file");
  link(at("nowhere"), "tree/dangling");
  ASSERT_EQ(::mkfifo(at("tree/pipe").c_str(), 0600), 0);
  ASSERT_TRUE(remove_tree(fs_, at("tree")));
  EXPECT_FALSE(there("tree"));
  EXPECT_TRUE(there("outside/precious"));
}

TEST_F(FileSystemTest, RemoveTreeOfALinkRemovesTheLink) {
  make("outside");
  put("outside/precious", "text");
  link(at("outside"), "link");
  ASSERT_TRUE(remove_tree(fs_, at("link")));
  EXPECT_FALSE(there("link"));
  EXPECT_TRUE(there("outside/precious"));
}

TEST_F(FileSystemTest, RemoveTreeTakesFilesAndWhatIsAbsent) {
  put("f", "");
  EXPECT_TRUE(remove_tree(fs_, at("f")));
  EXPECT_FALSE(there("f"));
  EXPECT_TRUE(remove_tree(fs_, at("f")));
  EXPECT_TRUE(remove_tree(fs_, at("f/below")));
}

TEST_F(FileSystemTest, RemoveTreeDoesNotMindThatAnotherProcessWasFaster) {
  make("tree");
  for (const FileCall call : {FileCall::kInfo, FileCall::kList, FileCall::kRemoveEmptyDirectory}) {
    fs_.fail({.call = call, .code = ErrorCode::kNotFound});
    EXPECT_TRUE(remove_tree(fs_, at("tree"))) << to_string(call);
    EXPECT_TRUE(fs_.struck()) << to_string(call);
  }
  put("f", "");
  fs_.fail({.call = FileCall::kRemoveFile, .code = ErrorCode::kNotFound});
  EXPECT_TRUE(remove_tree(fs_, at("f")));
  EXPECT_TRUE(fs_.struck());
}

TEST_F(FileSystemTest, RemoveTreeReportsAFailureOfEveryCallAndCanBeRepeated) {
  std::uint64_t n = 1;
  for (;; ++n) {
    make("tree");
    make("tree/a");
    put("tree/a/f", "");
    put("tree/g", "");
    fs_.fail({.nth = n, .code = ErrorCode::kPermission});
    const Status removed = remove_tree(fs_, at("tree"));
    if (!fs_.struck()) break;
    ASSERT_FALSE(removed) << "call " << n;
    EXPECT_EQ(removed.error().code, ErrorCode::kPermission);
    ASSERT_TRUE(remove_tree(fs_, at("tree")));
    ASSERT_FALSE(there("tree"));
  }
  EXPECT_EQ(n - 1, 7U) << "a look, 2 lists, 2 files, 2 directories";
}

TEST_F(FileSystemTest, ExistsUnlessTheSystemSaysThatItDoesNot) {
  put("f", "");
  link(at("nowhere"), "dangling");
  EXPECT_TRUE(exists(fs_, at("f")));
  EXPECT_TRUE(exists(fs_, at("dangling")));
  EXPECT_FALSE(exists(fs_, at("g")));
  EXPECT_FALSE(exists(fs_, at("f/g")));
  fs_.fail({.code = ErrorCode::kPermission});
  EXPECT_TRUE(exists(fs_, at("g"))) << "can't tell";
}

TEST(JoinPath, PutsOneSlashBetween) {
  EXPECT_EQ(join_path("a", "b"), "a/b");
  EXPECT_EQ(join_path("a/", "b"), "a/b");
  EXPECT_EQ(join_path("/", "b"), "/b");
  EXPECT_EQ(join_path("", "b"), "b");
  EXPECT_EQ(join_path("a", "b/c"), "a/b/c");
  EXPECT_EQ(join_path(".", ".."), "./..");
}

TEST(JoinPathDeathTest, AbsoluteNameIsABug) { EXPECT_DEATH((void)join_path("a", "/b"), "starts_with"); }

}  // namespace
}  // namespace promfill
