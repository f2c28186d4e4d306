// Goal: files, directories and globs name the files a person would expect, each once, in the order of their bytes.
#include "input/inputs.h"

#include <gtest/gtest.h>

#include "source/parquet_fixture.h"

namespace promfill {
namespace {

class Inputs : public testing::Test {
 protected:
  void SetUp() override {
    for (const std::string name : {"b.parquet", "a.parquet", "B.parquet", "readme.txt", ".hidden.parquet",
                                   "_tmp.parquet", "y=2020/m=1/p1.parquet", "y=2020/m=2/p2.pq", "y=2021/p3.parquet",
                                   "_temporary/0/x.parquet", "empty/.keep", "[odd].parquet"}) {
      std::filesystem::create_directories(std::filesystem::path(directory_.path(name)).parent_path());
      write_bytes(directory_.path(name), "x");
    }
  }

  /// Paths below the directory, or the error's text.
  std::vector<std::string> expand(const std::vector<std::string>& patterns) {
    std::vector<std::string> full;
    for (const std::string& pattern : patterns) full.push_back(directory_.path(pattern));
    const auto paths = expand_inputs(full);
    if (!paths) return {paths.error().text()};
    std::vector<std::string> names;
    for (const std::string& path : *paths) names.push_back(path.substr(directory_.path("").size()));
    return names;
  }

  TemporaryDirectory directory_;
};

using Names = std::vector<std::string>;

TEST_F(Inputs, ADirectoryIsAllFilesBelow) {
  EXPECT_EQ(expand({""}), (Names{"B.parquet", "[odd].parquet", "a.parquet", "b.parquet", "y=2020/m=1/p1.parquet",
                                 "y=2020/m=2/p2.pq", "y=2021/p3.parquet"}));
}

TEST_F(Inputs, GlobsMatchByComponent) {
  EXPECT_EQ(expand({"*.parquet"}), (Names{"B.parquet", "[odd].parquet", "_tmp.parquet", "a.parquet", "b.parquet"}));
  EXPECT_EQ(expand({"?.parquet"}), (Names{"B.parquet", "a.parquet", "b.parquet"}));
  EXPECT_EQ(expand({"[ab].parquet"}), (Names{"a.parquet", "b.parquet"}));
  EXPECT_EQ(expand({"y=*/*.parquet"}), (Names{"y=2021/p3.parquet"}));
  EXPECT_EQ(expand({"y=*/m=?/*"}), (Names{"y=2020/m=1/p1.parquet", "y=2020/m=2/p2.pq"}));
  EXPECT_EQ(expand({"**/p*.parquet"}), (Names{"y=2020/m=1/p1.parquet", "y=2021/p3.parquet"}));
  EXPECT_EQ(expand({"y=2020/**/*"}), (Names{"y=2020/m=1/p1.parquet", "y=2020/m=2/p2.pq"}));
  EXPECT_EQ(expand({"y=202?"}), (Names{"y=2020/m=1/p1.parquet", "y=2020/m=2/p2.pq", "y=2021/p3.parquet"}));
}

TEST_F(Inputs, AFileIsTakenWhateverItsName) {
  EXPECT_EQ(expand({"readme.txt"}), Names{"readme.txt"});
  EXPECT_EQ(expand({".hidden.parquet"}), Names{".hidden.parquet"});
  EXPECT_EQ(expand({"[odd].parquet"}), Names{"[odd].parquet"}) << "a file of that name goes before the pattern";
}

TEST_F(Inputs, EachFileIsTakenOnce) {
  EXPECT_EQ(expand({"b.parquet", "a.parquet", "?.parquet", "./a.parquet", "y=2020/../b.parquet"}),
            (Names{"B.parquet", "a.parquet", "b.parquet"}));
  std::filesystem::create_symlink(directory_.path("a.parquet"), directory_.path("z.parquet"));
  EXPECT_EQ(expand({"a.parquet", "z.parquet"}), Names{"a.parquet"});
}

TEST_F(Inputs, NothingFoundIsAnError) {
  const auto error = [&](const std::string& pattern) {
    const std::vector<std::string> patterns{directory_.path(pattern)};
    return expand_inputs(patterns).error();
  };
  EXPECT_EQ(error("missing.parquet").code, ErrorCode::kNotFound);
  EXPECT_EQ(error("missing.parquet").message, "no such file or directory");
  EXPECT_EQ(error("*.csv").message, "no file matches this pattern");
  EXPECT_EQ(error("nowhere/*").message, "no file matches this pattern");
  EXPECT_EQ(error("empty").message, "no file to import in this directory");
  EXPECT_NE(error("empty").hint.find("*.parquet"), std::string::npos);
  EXPECT_EQ(error("a.parquet/b").code, ErrorCode::kNotFound);
}

TEST_F(Inputs, ALoopOfLinksEnds) {
  std::filesystem::create_directory_symlink(directory_.path("y=2020"), directory_.path("y=2020/again"));
  const std::vector<std::string> patterns{directory_.path("y=2020")};
  const auto paths = expand_inputs(patterns);
  if (!paths) {
    EXPECT_EQ(paths.error().code, ErrorCode::kLimit) << paths.error().text();
  } else {
    EXPECT_EQ(paths->size(), 2U);
  }
}

TEST_F(Inputs, OpenByKind) {
  write_parquet(directory_.path("good.parquet"),
                {{"a", make_array(arrow::Int64Builder(), std::vector<std::int64_t>{1})}}, 10);
  std::filesystem::copy(directory_.path("good.parquet"), directory_.path("good"));
  EXPECT_TRUE(open_source(directory_.path("good.parquet")));
  EXPECT_TRUE(open_source(directory_.path("good")));
  write_bytes(directory_.path("t.csv"), "a,b\n1,2\n");
  EXPECT_TRUE(open_source(directory_.path("t.csv")));
  EXPECT_EQ(open_source(directory_.path("a.parquet")).error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace promfill
