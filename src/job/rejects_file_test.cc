// Goal: rejects are written line by line as JSON whatever bytes they hold, and the policies stop a job in time.
#include "job/rejects_file.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace promfill {
namespace {

class Rejects : public testing::Test {
 protected:
  void SetUp() override {
    path_ = testing::TempDir() + "/rejects_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    ASSERT_TRUE(remove_tree(real_file_system(), path_));
    ASSERT_TRUE(remove_tree(real_file_system(), path_ + ".final"));
  }
  std::string path_;
  const std::vector<Reject> two_ = {{"in.parquet", 7, "time", "null_timestamp", "", 2, R"({"load":1.5})"},
                                    {"in.parquet", 9, "id", "invalid_utf8", "a\xff\"b", 1, ""}};
};

TEST_F(Rejects, StandInTheFileOneALine) {
  RejectsFile file(real_file_system(), path_, RejectPolicy::kFile, std::nullopt);
  ASSERT_TRUE(file.add(two_));
  ASSERT_TRUE(file.finish().value());
  ASSERT_TRUE(real_file_system().rename(path_, path_ + ".final"));
  file.release();
  const Bytes bytes = read_file(real_file_system(), path_ + ".final", 1 << 20).value();
  const std::string text(as_text(bytes));
  const std::size_t end = text.find('\n');
  const auto first = nlohmann::json::parse(text.substr(0, end));
  EXPECT_EQ(first["row"], 7);
  EXPECT_EQ(first["record"]["load"], 1.5);
  const auto second = nlohmann::json::parse(text.substr(end + 1));
  EXPECT_EQ(second["reason"], "invalid_utf8");
  EXPECT_FALSE(exists(real_file_system(), path_));
}

TEST_F(Rejects, CarryTheirOwnWayOut) {
  Reject reject = two_[1];
  reject.hint = "raise the limit";
  reject.value = std::string(1000, 'x');
  RejectsFile file(real_file_system(), path_, RejectPolicy::kFile, std::nullopt);
  ASSERT_TRUE(file.add(std::span(&reject, 1)));
  ASSERT_TRUE(file.finish().value());
  const Bytes bytes = read_file(real_file_system(), path_, 1 << 20).value();
  EXPECT_EQ(nlohmann::json::parse(as_text(bytes))["hint"], "raise the limit");

  RejectsFile failing(real_file_system(), path_, RejectPolicy::kFail, std::nullopt);
  const Status status = failing.add(std::span(&reject, 1));
  ASSERT_FALSE(status);
  EXPECT_TRUE(status.error().hint.starts_with("raise the limit")) << status.error().hint;
  EXPECT_LT(status.error().message.size(), 300U) << "a long value is not a message";
}

TEST_F(Rejects, MakeNoFileWhenThereAreNone) {
  RejectsFile file(real_file_system(), path_, RejectPolicy::kFile, std::nullopt);
  ASSERT_TRUE(file.add({}));
  EXPECT_FALSE(file.finish().value());
  EXPECT_FALSE(exists(real_file_system(), path_));
}

TEST_F(Rejects, StopTheJobUnderFailWithTheirPlace) {
  RejectsFile file(real_file_system(), path_, RejectPolicy::kFail, std::nullopt);
  const Status status = file.add(two_);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().where, "in.parquet row 7 column time");
}

TEST_F(Rejects, StopTheJobWhenCellsPassTheBound) {
  RejectsFile file(real_file_system(), path_, RejectPolicy::kDrop, 2);
  EXPECT_TRUE(file.add(std::span(two_).first(1)));
  const Status status = file.add(std::span(two_).subspan(1));
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().hint.find("--max-rejects"), std::string::npos);
}

TEST_F(Rejects, LeaveNoFileBehindAFailedJob) {
  {
    RejectsFile file(real_file_system(), path_, RejectPolicy::kFile, std::nullopt);
    ASSERT_TRUE(file.add(two_));
    EXPECT_TRUE(exists(real_file_system(), path_));
  }
  EXPECT_FALSE(exists(real_file_system(), path_));
}

}  // namespace
}  // namespace promfill
