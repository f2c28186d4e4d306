#include "promfill/callback.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <utility>

namespace promfill {
namespace {

int twice(int number) { return 2 * number; }

TEST(Callback, CallsFunctionsLambdasAndStdFunctions) {
  EXPECT_EQ(Callback<int(int)>(&twice)(4), 8);
  EXPECT_EQ(Callback<int(int)>([by = 3](int number) { return by * number; })(4), 12);
  EXPECT_EQ(Callback<int(int)>(std::function<int(int)>(twice))(5), 10);
}

TEST(Callback, IsNothingOfNothing) {
  EXPECT_FALSE(Callback<int(int)>());
  EXPECT_FALSE(Callback<int(int)>(std::function<int(int)>()));
  int (*none)(int) = nullptr;
  EXPECT_FALSE(Callback<int(int)>(none));
  EXPECT_TRUE(Callback<int(int)>(twice));
}

TEST(Callback, SharesItsStateAmongCopies) {
  Callback<int()> count = [n = 0]() mutable { return ++n; };
  const Callback<int()> copy = count;
  EXPECT_EQ(count(), 1);
  EXPECT_EQ(copy(), 2);
}

TEST(Callback, PassesReferencesAndWhatCanOnlyBeMoved) {
  const Callback<void(int&, std::unique_ptr<int>)> add = [](int& sum, std::unique_ptr<int> by) { sum += *by; };
  int sum = 1;
  add(sum, std::make_unique<int>(4));
  EXPECT_EQ(sum, 5);
}

}  // namespace
}  // namespace promfill
