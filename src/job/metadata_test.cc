// Goal: what was said of metrics is there after the job, and that of several jobs together, the later word counting.
// Method: mappings and texts by hand; files of several jobs in a folder, whole, damaged and of a later version.
#include "job/metadata.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "file/file_system.h"
#include "job/recovery.h"

namespace promfill {
namespace {

TEST(Metadata, IsThatOfTheMappingByName) {
  Mapping mapping;
  mapping.metrics.emplace(3);
  (*mapping.metrics)[0].name = "x";
  (*mapping.metrics)[1].name = "a";
  (*mapping.metrics)[1].type = MetricType::kHistogram;
  (*mapping.metrics)[1].unit = "seconds";
  (*mapping.metrics)[2].name = "x";  // with other labels
  (*mapping.metrics)[2].help = "What it is";
  EXPECT_EQ(metadata_of(mapping), (std::vector<MetricMetadata>{{"a", MetricType::kHistogram, "", "seconds", ""},
                                                               {"x", MetricType::kGauge, "What it is", "", ""}}));
  mapping.long_table.emplace();
  EXPECT_TRUE(metadata_of(mapping).empty());
}

TEST(Metadata, IsReadAsItWasWritten) {
  const std::vector<MetricMetadata> all{{"a\"\n", MetricType::kSummary, "H\xc3\xa4lp", "s", "A"},
                                        {"b", MetricType::kUntyped, "", "", ""}};
  const auto read = parse_metadata(metadata_json(all));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(*read, all);
  EXPECT_EQ(metadata_json(std::span(all).last(1)),
            "{\n  \"version\": 1,\n  \"metrics\": {\n    \"b\": {\n      \"type\": \"untyped\"\n    }\n  }\n}\n");
}

TEST(Metadata, IsRefusedWhereItIsNone) {
  for (const char* text :
       {"", "[]", "{\"version\":1}", "{\"version\":1,\"metrics\":[]}", "{\"version\":1,\"metrics\":{\"a\":1}}",
        "{\"version\":1,\"metrics\":{\"a\":{}}}", "{\"version\":1,\"metrics\":{\"a\":{\"type\":3}}}",
        "{\"version\":1,\"metrics\":{\"a\":{\"type\":\"gauge\",\"unit\":3}}}"}) {
    const auto read = parse_metadata(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::kCorrupt) << text;
  }
  EXPECT_EQ(parse_metadata("{\"version\":2,\"metrics\":{}}").error().code, ErrorCode::kRefused);
}

TEST(Metadata, OfLaterJobsGoesBeforeThatOfEarlierOnes) {
  std::vector<MetricMetadata> all{{"a", MetricType::kGauge, "old", "s", ""}, {"c", MetricType::kGauge, "", "", ""}};
  const std::vector<MetricMetadata> later{{"a", MetricType::kCounter, "new", "", "A"},
                                          {"b", MetricType::kInfo, "", "", ""}};
  EXPECT_EQ(
      merge_metadata(all, later),
      (std::vector<std::string>{"the type of metric 'a' was 'gauge' in an earlier job, and is 'counter' from now on",
                                "help of metric 'a' was 'old' in an earlier job, and is 'new' from now on"}));
  EXPECT_EQ(all, (std::vector<MetricMetadata>{{"a", MetricType::kCounter, "new", "s", "A"},
                                              {"b", MetricType::kInfo, "", "", ""},
                                              {"c", MetricType::kGauge, "", "", ""}}));
  EXPECT_TRUE(merge_metadata(all, later).empty()) << "said before";
}

class MetadataOfJobs : public testing::Test {
 protected:
  void SetUp() override {
    out_ = testing::TempDir() + "metadata_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(out_);
    std::filesystem::create_directories(job_folder(out_));
  }
  void TearDown() override { std::filesystem::remove_all(out_); }

  void add(const std::string& job, const std::string& text) {
    ASSERT_TRUE(write_file(fs_, join_path(job_folder(out_), job + ".metadata.json"), as_bytes(text)));
  }
  std::string collected() {
    return std::string(as_text(*read_file(fs_, join_path(job_folder(out_), "metadata.json"), 1 << 20)));
  }

  FileSystem& fs_ = real_file_system();
  std::string out_;
};

TEST_F(MetadataOfJobs, IsCollectedInTheOrderOfTheirStart) {
  const std::vector<MetricMetadata> first{{"a", MetricType::kGauge, "", "", ""}};
  const std::vector<MetricMetadata> second{{"a", MetricType::kCounter, "", "", ""}};
  add("02", metadata_json(second));
  add("01", metadata_json(first));
  for (int again = 0; again < 2; ++again) {
    const auto differences = collect_metadata(fs_, out_, "02");
    ASSERT_TRUE(differences) << differences.error().text();
    EXPECT_EQ(differences->size(), 1U);
    EXPECT_EQ(collected(), metadata_json(second));
  }
  EXPECT_TRUE(collect_metadata(fs_, out_, "01")->empty()) << "it was the first to say so";
}

TEST_F(MetadataOfJobs, IsLeftAloneWhereOneIsDamaged) {
  const std::vector<MetricMetadata> good{{"a", MetricType::kGauge, "", "", ""}};
  add("01", metadata_json(good));
  ASSERT_TRUE(collect_metadata(fs_, out_, "01"));
  add("02", "{");
  const auto collecting = collect_metadata(fs_, out_, "03");
  ASSERT_FALSE(collecting);
  EXPECT_TRUE(collecting.error().where.ends_with("02.metadata.json")) << collecting.error().where;
  EXPECT_EQ(collected(), metadata_json(good));
}

TEST_F(MetadataOfJobs, MakesNoFileWhereNothingIsKnown) {
  ASSERT_TRUE(collect_metadata(fs_, out_, "01"));
  EXPECT_FALSE(exists(fs_, join_path(job_folder(out_), "metadata.json")));
}

}  // namespace
}  // namespace promfill
