// Result and Status: values and errors on their way up, and the text of an error.
#include "promfill/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace promfill {
namespace {

Error sample_error() {
  return {.code = ErrorCode::kNoSpace, .message = "write: full", .where = "out/index", .hint = "free some space"};
}

Result<int> half(int x) {
  if (x % 2 != 0) return sample_error();
  return x / 2;
}

Result<int> quarter(int x) {
  PROMFILL_TRY(const int once, half(x));
  PROMFILL_TRY(const int twice, half(once));
  return twice;
}

Status check(int x) {
  PROMFILL_TRY_STATUS(quarter(x));
  return {};
}

TEST(Error, TextLeavesOutWhatIsEmpty) {
  EXPECT_EQ(sample_error().text(), "out/index: write: full; free some space");
  EXPECT_EQ((Error{.code = ErrorCode::kIo, .message = "m", .hint = "h"}.text()), "m; h");
  EXPECT_EQ((Error{.code = ErrorCode::kIo, .message = "m", .where = "w"}.text()), "w: m");
  EXPECT_EQ((Error{.code = ErrorCode::kIo, .message = "m"}.text()), "m");
  EXPECT_EQ(Error{}.text(), "");
}

TEST(Error, CodesHaveTheNamesOfTheJsonLog) {
  EXPECT_EQ(to_string(ErrorCode::kUsage), "usage");
  EXPECT_EQ(to_string(ErrorCode::kNotFound), "not_found");
  EXPECT_EQ(to_string(ErrorCode::kAlreadyExists), "already_exists");
  EXPECT_EQ(to_string(ErrorCode::kPermission), "permission");
  EXPECT_EQ(to_string(ErrorCode::kNoSpace), "no_space");
  EXPECT_EQ(to_string(ErrorCode::kIo), "io");
  EXPECT_EQ(to_string(ErrorCode::kCorrupt), "corrupt");
  EXPECT_EQ(to_string(ErrorCode::kData), "data");
  EXPECT_EQ(to_string(ErrorCode::kLimit), "limit");
  EXPECT_EQ(to_string(ErrorCode::kRefused), "refused");
  EXPECT_EQ(to_string(ErrorCode::kStopped), "stopped");
  EXPECT_EQ(to_string(ErrorCode::kInternal), "internal");
}

TEST(Result, TryPassesTheFirstErrorUp) {
  EXPECT_EQ(quarter(8).value(), 2);
  for (const int x : {3, 6}) {
    const Result<int> failed = quarter(x);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::kNoSpace);
    EXPECT_EQ(failed.error().text(), sample_error().text());
  }
  EXPECT_TRUE(check(4));
  ASSERT_FALSE(check(6));
  EXPECT_EQ(check(6).error().where, "out/index");
}

TEST(Result, HoldsValuesThatOnlyMove) {
  const auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(5); };
  const auto pass = [&]() -> Result<int> {
    PROMFILL_TRY(const std::unique_ptr<int> held, make());
    return *held;
  };
  EXPECT_EQ(*pass(), 5);
}

TEST(Result, ReachesIntoItsValue) {
  Result<std::string> text(std::string("ab"));
  EXPECT_EQ(text->size(), 2U);
  *text += 'c';
  EXPECT_EQ(*std::move(text), "abc");
}

TEST(StatusTest, IsSuccessByDefault) {
  const Status status;
  EXPECT_TRUE(status.has_value());
  EXPECT_FALSE(Status(sample_error()).has_value());
}

TEST(AssertDeathTest, SaysWhatFailedAndWhere) {
  const int x = 1;
  PROMFILL_ASSERT(x == 1);
  EXPECT_DEATH(PROMFILL_ASSERT(x == 2), "assertion failed at .*result_test.cc:[0-9]+: x == 2");
}

}  // namespace
}  // namespace promfill
