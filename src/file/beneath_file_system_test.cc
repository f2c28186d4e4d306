// Goal: below the root everything works as on the real file system, and no link and no path, put there at whatever
// moment, leads out of it. Method: a directory beside the root must stay as it was; every test runs with both ways of
// resolving paths.
#include "file/beneath_file_system.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <map>
#include <optional>
#include <thread>

#include "file/temporary_directory.h"

namespace promfill {
namespace {

class Beneath : public testing::TestWithParam<Resolution> {
 protected:
  void SetUp() override {
    for (const char* directory : {"root", "root/d", "outside", "outside/d"}) {
      ASSERT_TRUE(real_.create_directory(at(directory)));
    }
    for (const char* file : {"root/f", "outside/f", "outside/d/f"}) {
      ASSERT_TRUE(write_file(real_, at(file), as_bytes(file)));
    }
  }
  void TearDown() override {
    EXPECT_EQ(names("outside"), (std::vector<std::string>{"d", "f"}));
    EXPECT_EQ(names("outside/d"), (std::vector<std::string>{"f"}));
    EXPECT_EQ(text("outside/f"), "outside/f");
    EXPECT_EQ(text("outside/d/f"), "outside/d/f");
  }

  [[nodiscard]] std::string at(std::string_view name) const { return directory_.path(name); }
  std::vector<std::string> names(std::string_view directory) {
    std::vector<std::string> all;
    for (const DirectoryEntry& entry : real_.list(at(directory)).value()) all.push_back(entry.name);
    return all;
  }
  std::string text(std::string_view file) {
    const Bytes bytes = read_file(real_, at(file), 1 << 20).value();
    return std::string(as_text(bytes));
  }
  void link(std::string_view target, std::string_view name) {
    ASSERT_EQ(::symlink(std::string(target).c_str(), at(name).c_str()), 0) << name;
  }
  /// What each call says of `path`, as codes; nothing for success.
  std::map<std::string, std::optional<ErrorCode>> try_all(const std::string& path) {
    std::map<std::string, std::optional<ErrorCode>> codes;
    const auto note = [&](const std::string& call, const auto& result) {
      codes[call] = result ? std::nullopt : std::optional(result.error().code);
    };
    note("open", fs_.open(path));
    note("create", fs_.create(path));
    note("create_directory", fs_.create_directory(path));
    note("list", fs_.list(path));
    note("info", fs_.info(path));
    note("rename from", fs_.rename(path, at("root/other")));
    note("rename to", fs_.rename(at("root/f"), path));
    note("sync_directory", fs_.sync_directory(path));
    note("sync_file", fs_.sync_file(path));
    note("sync_file_system", fs_.sync_file_system(path));
    note("lock", fs_.lock(path));
    note("free_bytes", fs_.free_bytes(path));
    note("remove_file", fs_.remove_file(path));
    note("remove_empty_directory", fs_.remove_empty_directory(path));
    return codes;
  }

  TemporaryDirectory directory_;
  FileSystem& real_ = real_file_system();
  BeneathFileSystem fs_{std::vector{at("root")}, Outside::kRefused, GetParam()};
};

TEST_P(Beneath, DoesWhatTheRealOneDoes) {
  const std::string sub = at("root/a/b/c");
  ASSERT_TRUE(create_directories(fs_, sub));
  ASSERT_TRUE(write_file(fs_, sub + "/x", as_bytes("hello")));
  EXPECT_EQ(as_text(*read_file(fs_, sub + "//./x", 100)), "hello");
  EXPECT_EQ(fs_.create(sub + "/x").error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(fs_.info(sub + "/x")->size_bytes, 5U);
  EXPECT_EQ(fs_.info(sub + "/.")->kind, FileKind::kDirectory);
  EXPECT_EQ(fs_.info(sub + "/")->kind, FileKind::kDirectory);
  EXPECT_EQ(fs_.info(at("root/"))->kind, FileKind::kDirectory);
  EXPECT_EQ(fs_.info(at("root/."))->kind, FileKind::kDirectory);
  EXPECT_EQ(fs_.list(at("root/."))->size(), 3U);
  ASSERT_TRUE(fs_.rename(sub + "/x", at("root/d/y")));
  EXPECT_EQ(fs_.rename(at("root/f"), at("root/d/y")).error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(names("root/d"), (std::vector<std::string>{"y"}));
  ASSERT_TRUE(copy_file(fs_, at("root/d/y"), sub + "/x"));
  EXPECT_TRUE(sync_tree(fs_, at("root")));
  EXPECT_TRUE(fs_.sync_file_system(at("root/d")));
  EXPECT_GT(*fs_.free_bytes(at("root")), 0U);
  EXPECT_GT(*fs_.free_bytes(sub), 0U);
  {
    const auto lock = fs_.lock(at("root/d/lock"));
    ASSERT_TRUE(lock) << lock.error().text();
    EXPECT_NE(fs_.lock(at("root/d/lock")).error().message.find("held by process"), std::string::npos);
  }
  EXPECT_EQ(fs_.info(at("root/none")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(fs_.info(at("root/none/x")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(fs_.info(at("root/f/x")).error().code, ErrorCode::kNotFound) << "a file is no directory";
  EXPECT_TRUE(remove_tree(fs_, at("root/a")));
  EXPECT_EQ(names("root"), (std::vector<std::string>{"d", "f"}));
}

TEST_P(Beneath, RefusesPathsThatAreNotBelowTheRoot) {
  const std::string root = at("root");
  for (const std::string& path :
       {root + "/../outside/f", root + "/..", root + "/../root/f", root + "/d/../../outside/f", root + "/d/..",
        root + "/../", root + "/d/../.", at("outside/f"), at("outside/d"), at("root2"), at("rootf"),
        std::string("/etc/hostname"), std::string("f"), std::string("")}) {
    for (const auto& [call, code] : try_all(path)) EXPECT_EQ(code, ErrorCode::kRefused) << call << " " << path;
  }
  EXPECT_FALSE(remove_tree(fs_, root + "/../outside"));
  EXPECT_TRUE(exists(real_, at("root/f")));
}

TEST_P(Beneath, HasSeveralRootsAndTheLongestDecides) {
  link(at("outside"), "root/d/way");
  const std::vector<std::string> roots{at("root"), at("root/d/way"), at("root2")};
  BeneathFileSystem fs(roots, Outside::kRefused, GetParam());
  EXPECT_EQ(fs.info(at("root/d/way/f"))->size_bytes, 9U) << "a root may be reached through links";
  EXPECT_EQ(fs.info(at("outside/f")).error().code, ErrorCode::kRefused);
  EXPECT_NE(fs.info(at("outside/f")).error().message.find("root2"), std::string::npos);
  ASSERT_TRUE(fs.create_directory(at("root2")));
  ASSERT_TRUE(fs.rename(at("root/f"), at("root2/f")));
  EXPECT_EQ(names("root2"), (std::vector<std::string>{"f"}));
  ASSERT_TRUE(fs.remove_file(at("root2/f")));
  ASSERT_TRUE(fs.remove_empty_directory(at("root2")));
  ASSERT_TRUE(fs.create_directory(at("root2")));
  EXPECT_TRUE(write_file(fs, at("root2/f"), as_bytes("new"))) << "it is another directory now";
}

TEST_P(Beneath, FollowsNoLinkOnTheWay) {
  link(at("outside"), "root/absolute");
  link("../outside", "root/relative");
  link("d", "root/inside");  // even one that stays within: nobody but us makes names here
  link("absolute", "root/link_to_link");
  link("/proc/self/cwd", "root/magic");
  for (const std::string name : {"absolute", "relative", "inside", "link_to_link", "magic"}) {
    for (const std::string below : {"/f", "/new", "/d/f", "/.", "/d/"}) {
      for (const auto& [call, code] : try_all(at("root/" + name + below))) {
        const bool taken = call == "create" && below == "/.";  // "link/." as a file is the link: its name is taken
        EXPECT_EQ(code, taken ? ErrorCode::kAlreadyExists : ErrorCode::kRefused) << call << " " << name << below;
      }
    }
  }
  EXPECT_TRUE(exists(real_, at("root/f")));
}

TEST_P(Beneath, FollowsNoLinkAtTheEnd) {
  for (const std::string target : {"outside/f", "outside/d", "outside/none"}) {
    link(at(target), "root/link");
    const std::string path = at("root/link");
    for (const auto& [call, result] : std::map<std::string, Status>{{"sync_file", fs_.sync_file(path)},
                                                                    {"sync_directory", fs_.sync_directory(path)},
                                                                    {"sync_file_system", fs_.sync_file_system(path)}}) {
      ASSERT_FALSE(result) << call << " " << target;
      EXPECT_EQ(result.error().code, ErrorCode::kRefused) << call << " " << target;
      EXPECT_FALSE(result.error().hint.empty());
    }
    EXPECT_EQ(fs_.open(path).error().code, ErrorCode::kRefused) << target;
    EXPECT_EQ(fs_.list(path).error().code, ErrorCode::kRefused) << target;
    EXPECT_EQ(fs_.lock(path).error().code, ErrorCode::kRefused) << target;
    EXPECT_EQ(fs_.free_bytes(path).error().code, ErrorCode::kRefused) << target;
    EXPECT_FALSE(fs_.create(path)) << target;
    EXPECT_EQ(fs_.create_directory(path).error().code, ErrorCode::kAlreadyExists) << target;
    EXPECT_EQ(fs_.rename(at("root/f"), path).error().code, ErrorCode::kAlreadyExists) << target;
    EXPECT_FALSE(create_directories(fs_, path)) << target;
    EXPECT_EQ(fs_.info(path)->kind, FileKind::kOther) << target;
    EXPECT_FALSE(fs_.remove_empty_directory(path)) << target;
    EXPECT_TRUE(fs_.rename(path, at("root/moved"))) << "the link, not what it leads to";
    EXPECT_EQ(real_.info(at("root/moved"))->kind, FileKind::kOther);
    EXPECT_TRUE(remove_tree(fs_, at("root/moved"))) << target;
    EXPECT_FALSE(exists(real_, at("root/moved")));
  }
}

TEST_P(Beneath, RemovesTreesWithLinksAndNothingBehindThem) {
  ASSERT_TRUE(create_directories(fs_, at("root/block/chunks")));
  link(at("outside/f"), "root/block/index");
  link(at("outside/f"), "root/block/chunks/000001");
  link(at("outside"), "root/block/chunks/000002");
  EXPECT_TRUE(remove_tree(fs_, at("root/block")));
  EXPECT_EQ(names("root"), (std::vector<std::string>{"d", "f"}));
}

TEST_P(Beneath, LocksOnlyFilesOfThisNameAlone) {
  ASSERT_EQ(::link(at("outside/f").c_str(), at("root/hard").c_str()), 0);
  ASSERT_EQ(::mkfifo(at("root/pipe").c_str(), 0600), 0);
  for (const char* name : {"root/hard", "root/pipe"}) {
    const auto lock = fs_.lock(at(name));
    ASSERT_FALSE(lock) << name;
    EXPECT_EQ(lock.error().code, ErrorCode::kRefused) << name;
  }
  EXPECT_FALSE(fs_.sync_file(at("root/pipe"))) << "and doesn't wait for its other end";
  EXPECT_FALSE(fs_.open(at("root/pipe")));
}

TEST_P(Beneath, TheRootItselfMayBeReachedThroughLinks) {
  link(at("root"), "way");
  BeneathFileSystem fs(std::vector{at("way/")}, Outside::kRefused, GetParam());
  EXPECT_TRUE(write_file(fs, at("way/d/x"), as_bytes("x")));
  EXPECT_EQ(names("root/d"), (std::vector<std::string>{"x"}));
  // Once opened it stays the directory that it was, wherever its name leads by now.
  ASSERT_EQ(::unlink(at("way").c_str()), 0);
  link(at("outside"), "way");
  EXPECT_TRUE(write_file(fs, at("way/d/y"), as_bytes("y")));
  EXPECT_EQ(names("root/d"), (std::vector<std::string>{"x", "y"}));
}

TEST_P(Beneath, TheRootMayBeMadeAndRemovedThroughIt) {
  BeneathFileSystem fs(std::vector{at("root/d/new")}, Outside::kReached, GetParam());
  const std::string root = at("root/d/new");
  for (int round = 0; round < 2; ++round) {
    EXPECT_FALSE(exists(fs, root));
    EXPECT_FALSE(exists(fs, root + "/x"));
    ASSERT_EQ(create_directories(fs, root + "/.promfill")->size(), 2U);
    EXPECT_TRUE(write_file(fs, root + "/x", as_bytes("x")));
    EXPECT_TRUE(fs.rename(root + "/x", at("root/y"))) << "out, to a place that the user named";
    EXPECT_TRUE(fs.remove_file(at("root/y")));
    EXPECT_TRUE(remove_tree(fs, root));
  }
}

/// Another process swaps a directory and a link to the outside, again and again, while we work in it.
TEST_P(Beneath, NoMomentIsRightForALink) {
  link(at("outside"), "root/link");
  std::atomic<bool> done{false};
  std::thread swapper([&] {
    while (!done) {
      EXPECT_EQ(::renameat2(AT_FDCWD, at("root/link").c_str(), AT_FDCWD, at("root/d").c_str(), RENAME_EXCHANGE), 0);
    }
  });
  int written = 0;
  int refused = 0;
  for (int i = 0; i < 1000; ++i) {
    const Status status = write_file(fs_, at("root/d/new"), as_bytes("x"));
    written += status ? 1 : 0;
    if (!status) refused += status.error().code == ErrorCode::kRefused ? 1 : 0;
    (void)remove_tree(fs_, at("root/d/new"));
    (void)remove_tree(fs_, at("root/d/f"));
    (void)fs_.rename(at("root/d/f"), at("root/d/g"));
  }
  done = true;
  swapper.join();
  EXPECT_GT(written + refused, 0);
}

INSTANTIATE_TEST_SUITE_P(Resolutions, Beneath, testing::Values(Resolution::kByKernel, Resolution::kByComponents),
                         [](const auto& each) {
                           return each.param == Resolution::kByKernel ? "ByKernel" : "ByComponents";
                         });

}  // namespace
}  // namespace promfill
