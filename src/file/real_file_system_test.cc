// The real file system: what each call does, what it refuses, and the code, words and hint of its errors.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "file/failing_system_call.h"
#include "file/file_system.h"
#include "file/temporary_directory.h"

namespace promfill {
namespace {

class RealFileSystemTest : public testing::Test {
 protected:
  [[nodiscard]] std::string at(std::string_view name) const { return directory_.path(name); }
  void put(std::string_view name, std::string_view text) {
    const Status written = write_file(fs_, at(name), as_bytes(text));
    ASSERT_TRUE(written) << written.error().text();
  }
  [[nodiscard]] std::string get(std::string_view name) {
    const Result<Bytes> bytes = read_file(fs_, at(name), 1 << 20);
    return bytes ? std::string(as_text(*bytes)) : bytes.error().text();
  }
  void link(const std::string& target, std::string_view name) {
    ASSERT_EQ(::symlink(target.c_str(), at(name).c_str()), 0);
  }

  FileSystem& fs_ = real_file_system();
  TemporaryDirectory directory_;
};

/// A limit of this process, set for a while.
class ResourceLimit {
 public:
  ResourceLimit(__rlimit_resource resource, rlim_t value) : resource_(resource) {
    EXPECT_EQ(::getrlimit(resource_, &before_), 0);
    const rlimit limit{.rlim_cur = value, .rlim_max = before_.rlim_max};
    EXPECT_EQ(::setrlimit(resource_, &limit), 0);
  }
  ResourceLimit(const ResourceLimit&) = delete;
  ResourceLimit& operator=(const ResourceLimit&) = delete;
  ~ResourceLimit() { EXPECT_EQ(::setrlimit(resource_, &before_), 0); }

 private:
  __rlimit_resource resource_;
  rlimit before_{};
};

TEST_F(RealFileSystemTest, WritesPatchesAndReadsBack) {
  auto created = fs_.create(at("f"));
  ASSERT_TRUE(created);
  WritableFile& file = **created;
  ASSERT_TRUE(file.append(as_bytes("hello ")));
  ASSERT_TRUE(file.append({}));
  ASSERT_TRUE(file.append(as_bytes("world")));
  ASSERT_TRUE(file.write_at(0, as_bytes("J")));
  ASSERT_TRUE(file.append(as_bytes("!"))) << "a patch does not move the end";
  ASSERT_TRUE(file.sync());
  ASSERT_TRUE(file.close());
  EXPECT_EQ(get("f"), "Jello world!");
}

TEST_F(RealFileSystemTest, ReadsFewerBytesOnlyAtTheEnd) {
  put("f", "0123456789");
  const auto file = fs_.open(at("f"));
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->size(), 10U);
  struct Case {
    std::uint64_t offset;
    std::string_view read;
  };
  for (const Case& c : {Case{0, "0123"}, Case{6, "6789"}, Case{7, "789"}, Case{9, "9"}, Case{10, ""}, Case{99, ""}}) {
    std::array<std::uint8_t, 4> out{};
    const Result<std::size_t> size = (*file)->read_at(c.offset, out);
    ASSERT_TRUE(size);
    EXPECT_EQ(as_text(ByteView(out).first(*size)), c.read);
  }
  std::array<std::uint8_t, 1> out{};
  EXPECT_FALSE((*file)->read_at(std::uint64_t{1} << 63, out)) << "an offset that no file has";
}

TEST_F(RealFileSystemTest, CreateRefusesWhatExists) {
  put("f", "theirs");
  link("nowhere", "dangling");
  EXPECT_EQ(fs_.create(at("f")).error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(fs_.create(directory_.path()).error().code, ErrorCode::kAlreadyExists) << "a directory";
  EXPECT_EQ(fs_.create(at("dangling")).error().code, ErrorCode::kAlreadyExists) << "does not write through a link";
  EXPECT_FALSE(exists(fs_, at("nowhere")));
  EXPECT_EQ(get("f"), "theirs");
}

TEST_F(RealFileSystemTest, ErrorsHaveStepWordsAndPlace) {
  const Error missing = fs_.open(at("no/such")).error();
  EXPECT_EQ(missing.code, ErrorCode::kNotFound);
  EXPECT_EQ(missing.text(), at("no/such") + ": open: no such file or directory");
  EXPECT_EQ(fs_.create(at("no/such")).error().message, "create: no such file or directory");
  EXPECT_EQ(fs_.create_directory(at("")).error().message, "create directory: file exists");
  EXPECT_EQ(fs_.create_directory(at("")).error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(fs_.list(at("no")).error().message, "list: no such file or directory");
  EXPECT_EQ(fs_.info(at("no")).error().message, "look at: no such file or directory");
  EXPECT_EQ(fs_.rename(at("no"), at("x")).error().message, "rename to " + at("x") + ": no such file or directory");
  EXPECT_EQ(fs_.remove_file(at("no")).error().message, "remove: no such file or directory");
  EXPECT_EQ(fs_.remove_empty_directory(at("no")).error().message, "remove directory: no such file or directory");
  EXPECT_EQ(fs_.sync_directory(at("no")).error().message, "sync directory: no such file or directory");
  EXPECT_EQ(fs_.lock(at("no/lock")).error().message, "lock: no such file or directory");
  EXPECT_EQ(fs_.free_bytes(at("no")).error().message, "look for free space: no such file or directory");
}

TEST_F(RealFileSystemTest, APathThroughAFileIsNotFound) {
  put("f", "");
  EXPECT_EQ(fs_.open(at("f/x")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(fs_.info(at("f/x")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(fs_.list(at("f")).error().code, ErrorCode::kNotFound);
}

TEST_F(RealFileSystemTest, OpensRegularFilesOnly) {
  put("f", "text");
  link(at("f"), "to_file");
  ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
  EXPECT_TRUE(fs_.open(at("to_file")));
  EXPECT_EQ(fs_.open(at("")).error().message, "open: is a directory");
  EXPECT_EQ(fs_.open(at("pipe")).error().message, "open: not a regular file") << "and does not wait for a writer";
  EXPECT_EQ(fs_.open("/dev/null").error().message, "open: not a regular file");
}

TEST_F(RealFileSystemTest, TellsALackOfPermission) {
  ASSERT_TRUE(fs_.create_directory(at("closed")));
  ASSERT_EQ(::chmod(at("").c_str(), 0755), 0);
  ASSERT_EQ(::chmod(at("closed").c_str(), 0555), 0);
  const bool root = ::geteuid() == 0;  // for whom no permission is missing
  ASSERT_EQ(root ? ::seteuid(65534) : 0, 0);
  const auto file = fs_.create(at("closed/f"));
  const Status directory = fs_.create_directory(at("closed/d"));
  ASSERT_EQ(root ? ::seteuid(0) : 0, 0);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::kPermission);
  EXPECT_EQ(file.error().text(), at("closed/f") + ": create: permission denied");
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().code, ErrorCode::kPermission);
}

TEST_F(RealFileSystemTest, FileSizeLimitIsNoSpaceWithAWayOut) {
  auto file = fs_.create(at("f"));
  ASSERT_TRUE(file);
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  Status appended;
  {
    const ResourceLimit limit(RLIMIT_FSIZE, 4096);
    appended = (*file)->append(Bytes(10'000));
  }
  std::signal(SIGXFSZ, before);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(appended.error().text(), at("f") + ": write: file too large; raise the file size limit (ulimit -f)");
  EXPECT_EQ(fs_.info(at("f"))->size_bytes, 4096U) << "the short write was continued until the system refused";
}

TEST_F(RealFileSystemTest, TooManyOpenFilesHasAWayOut) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer opens a pipe of its own to check a virtual call";
#endif
  const ResourceLimit limit(RLIMIT_NOFILE, 3);
  const auto file = fs_.create(at("f"));
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::kIo);
  EXPECT_EQ(file.error().hint, "raise the limit of open files (ulimit -n)");
}

TEST_F(RealFileSystemTest, MakesFilesAndDirectoriesUnderTheUmask) {
  const mode_t before = ::umask(027);
  put("f", "");
  const Status directory = fs_.create_directory(at("d"));
  ::umask(before);
  ASSERT_TRUE(directory);
  struct stat status{};
  ASSERT_EQ(::stat(at("f").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640U);
  ASSERT_EQ(::stat(at("d").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0750U);
}

TEST_F(RealFileSystemTest, ListsByNameAsBytesWithKinds) {
  put("b", "");
  put("\xc3\xa9", "");
  put("Z", "");
  put(".hidden", "");
  ASSERT_TRUE(fs_.create_directory(at("a")));
  link(at("a"), "link");
  const auto entries = fs_.list(at(""));
  ASSERT_TRUE(entries);
  std::vector<std::pair<std::string, FileKind>> listed;
  for (const DirectoryEntry& entry : *entries) listed.emplace_back(entry.name, entry.kind);
  EXPECT_EQ(listed, (std::vector<std::pair<std::string, FileKind>>{{".hidden", FileKind::kFile},
                                                                   {"Z", FileKind::kFile},
                                                                   {"a", FileKind::kDirectory},
                                                                   {"b", FileKind::kFile},
                                                                   {"link", FileKind::kOther},
                                                                   {"\xc3\xa9", FileKind::kFile}}));
  EXPECT_TRUE(fs_.list(at("a"))->empty());
  EXPECT_TRUE(fs_.list(at("link"))->empty()) << "the directory itself may be a link";
}

TEST_F(RealFileSystemTest, InfoTellsKindSizeAndTimeAndDoesNotFollow) {
  put("f", "12345");
  link(at("f"), "link");
  const std::array<timespec, 2> times{timespec{0, 0}, timespec{1'583'020'800, 123'456'789}};
  ASSERT_EQ(::utimensat(AT_FDCWD, at("f").c_str(), times.data(), 0), 0);
  const auto file = fs_.info(at("f"));
  ASSERT_TRUE(file);
  EXPECT_EQ(file->kind, FileKind::kFile);
  EXPECT_EQ(file->size_bytes, 5U);
  EXPECT_EQ(file->modified_ns, 1'583'020'800'123'456'789);
  EXPECT_EQ(fs_.info(at(""))->kind, FileKind::kDirectory);
  EXPECT_EQ(fs_.info(at("link"))->kind, FileKind::kOther);
}

TEST_F(RealFileSystemTest, RenamesFilesAndDirectories) {
  put("f", "text");
  ASSERT_TRUE(fs_.create_directory(at("d")));
  ASSERT_TRUE(fs_.rename(at("f"), at("d/g")));
  ASSERT_TRUE(fs_.rename(at("d"), at("e")));
  EXPECT_EQ(get("e/g"), "text");
  EXPECT_FALSE(exists(fs_, at("f")));
  EXPECT_FALSE(exists(fs_, at("d")));
}

TEST_F(RealFileSystemTest, RenameNeverReplaces) {
  put("f", "mine");
  put("theirs", "theirs");
  link("nowhere", "dangling");
  ASSERT_TRUE(fs_.create_directory(at("d")));
  ASSERT_TRUE(fs_.create_directory(at("empty")));
  for (const char* to : {"theirs", "dangling", "empty"}) {
    for (const char* from : {"f", "d"}) {
      const Status renamed = fs_.rename(at(from), at(to));
      ASSERT_FALSE(renamed) << from << " to " << to;
      EXPECT_EQ(renamed.error().code, ErrorCode::kAlreadyExists);
      EXPECT_EQ(renamed.error().text(), at(from) + ": rename to " + at(to) + ": file exists");
    }
  }
  EXPECT_EQ(get("f"), "mine");
  EXPECT_EQ(get("theirs"), "theirs");
  EXPECT_TRUE(exists(fs_, at("dangling")));
}

TEST_F(RealFileSystemTest, RenameIntoItselfIsRefused) {
  ASSERT_TRUE(fs_.create_directory(at("d")));
  EXPECT_EQ(fs_.rename(at("d"), at("d/inside")).error().code, ErrorCode::kIo);
  EXPECT_TRUE(exists(fs_, at("d")));
}

TEST_F(RealFileSystemTest, RemovesOneThingAtATime) {
  put("f", "");
  ASSERT_TRUE(fs_.create_directory(at("d")));
  put("d/f", "");
  EXPECT_FALSE(fs_.remove_file(at("d"))) << "a directory is no file";
  EXPECT_EQ(fs_.remove_empty_directory(at("d")).error().code, ErrorCode::kAlreadyExists) << "not empty";
  EXPECT_EQ(fs_.remove_empty_directory(at("f")).error().code, ErrorCode::kNotFound) << "a file is no directory";
  EXPECT_TRUE(fs_.remove_file(at("d/f")));
  EXPECT_TRUE(fs_.remove_empty_directory(at("d")));
  EXPECT_TRUE(fs_.remove_file(at("f")));
  EXPECT_TRUE(fs_.list(at(""))->empty());
}

TEST_F(RealFileSystemTest, SyncsDirectories) {
  EXPECT_TRUE(fs_.sync_directory(at("")));
  put("f", "");
  EXPECT_FALSE(fs_.sync_directory(at("f")));
}

TEST_F(RealFileSystemTest, ALockExcludesASecondOneInTheSameProcess) {
  const std::string pid = std::to_string(::getpid());
  put("lock", "12345678901234567890\nleft by an earlier process");
  auto first = fs_.lock(at("lock"));
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(get("lock"), pid + "\n");
  const auto second = fs_.lock(at("lock"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kRefused);
  EXPECT_EQ(second.error().message, "lock: held by process " + pid);
  EXPECT_EQ(get("lock"), pid + "\n") << "the refused one leaves the file as it was";
  first->reset();
  EXPECT_TRUE(fs_.lock(at("lock")));
  EXPECT_TRUE(exists(fs_, at("lock")));
}

TEST_F(RealFileSystemTest, ALockDoesNotWriteThroughALink) {
  put("precious", "text");
  link(at("precious"), "lock");
  EXPECT_FALSE(fs_.lock(at("lock")));
  EXPECT_EQ(get("precious"), "text");
}

TEST_F(RealFileSystemTest, ALockWhoseHolderIsUnknownIsRefusedAllTheSame) {
  auto held = fs_.lock(at("lock"));
  ASSERT_TRUE(held);
  ASSERT_EQ(::truncate(at("lock").c_str(), 0), 0);
  EXPECT_EQ(fs_.lock(at("lock")).error().message, "lock: held by another process");
}

/// In a process of its own, `number` fails with `error`; the process ends well if `call` then returns an error of
/// `code`.
template <typename Call>
void expect_error(std::uint32_t number, int error, ErrorCode code, Call call) {
  GTEST_FLAG_SET(death_test_style, "fast");  // what was prepared is still there in the child
  EXPECT_EXIT(
      {
        if (!fail_system_call(number, static_cast<std::uint32_t>(error))) std::exit(2);
        const auto result = call();
        std::exit(!result && result.error().code == code && !result.error().where.empty() ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST_F(RealFileSystemTest, HandsOnWhatADiskThatBreaksSays) {
  put("file", "text");
  put("other", "text");
  expect_error(SYS_syncfs, EIO, ErrorCode::kIo, [&] { return fs_.sync_file_system(at("")); });
  expect_error(SYS_fsync, EIO, ErrorCode::kIo, [&] { return fs_.sync_directory(at("")); });
  expect_error(SYS_fstatfs, EIO, ErrorCode::kIo, [&] { return fs_.free_bytes(at("")); });
  expect_error(SYS_newfstatat, EIO, ErrorCode::kIo, [&] { return fs_.lock(at("lock")); });
  expect_error(SYS_renameat2, EIO, ErrorCode::kIo, [&] { return fs_.rename(at("file"), at("new")); });
}

TEST_F(RealFileSystemTest, RenameNeverReplacesOnKernelsWithoutTheFlag) {
  put("file", "text");
  put("other", "precious");
  expect_error(SYS_renameat2, EINVAL, ErrorCode::kAlreadyExists, [&] { return fs_.rename(at("file"), at("other")); });
  EXPECT_EQ(get("other"), "precious");
  EXPECT_EXIT(std::exit(fail_system_call(SYS_renameat2, ENOSYS) && fs_.rename(at("file"), at("new")) ? 0 : 1),
              testing::ExitedWithCode(0), "");
  EXPECT_EQ(get("new"), "text");
}

TEST_F(RealFileSystemTest, KnowsFreeSpace) {
  const Result<std::uint64_t> free = fs_.free_bytes(at(""));
  ASSERT_TRUE(free);
  EXPECT_GT(*free, 0U);
}

}  // namespace
}  // namespace promfill
