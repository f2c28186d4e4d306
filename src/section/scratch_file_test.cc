// Scratch streams: numbers come back in order whatever is in memory and whatever in the file; damage, full disks.
#include "section/scratch_file.h"

#include <gtest/gtest.h>

#include <random>

#include "file/faulty_file_system.h"
#include "file/temporary_directory.h"

namespace promfill {
namespace {

std::vector<std::uint64_t> numbers(std::size_t count) {
  std::mt19937_64 random(count);
  std::vector<std::uint64_t> made;
  for (std::size_t i = 0; i < count; ++i) made.push_back(random() >> random() % 64);
  return made;
}

class ScratchTest : public testing::Test {
 protected:
  std::vector<std::uint64_t> read_all(const ScratchStream& stream) {
    ScratchReader reader(stream, scratch_);
    std::vector<std::uint64_t> read;
    while (!reader.at_end()) read.push_back(reader.next());
    EXPECT_EQ(reader.next(), 0U);
    return read;
  }

  TemporaryDirectory directory_;
  FaultyFileSystem fs_{real_file_system()};
  ScratchFile scratch_{fs_, directory_.path()};
};

TEST_F(ScratchTest, GivesNumbersBackInOrder) {
  for (const std::size_t count : {0U, 1U, 10U, 3000U, 50'000U}) {
    const auto expected = numbers(count);
    for (const std::uint64_t memory_bytes : {std::uint64_t{0}, 2 * kScratchBlockBytes, ~std::uint64_t{0}}) {
      for (const bool closed : {false, true}) {
        ScratchStream stream(memory_bytes);
        for (const std::uint64_t x : expected) stream.put(x, scratch_);
        if (closed) stream.close(scratch_);
        EXPECT_EQ(read_all(stream), expected) << count << " in " << memory_bytes << (closed ? " closed" : "");
        EXPECT_TRUE(scratch_.status());
      }
    }
  }
}

TEST_F(ScratchTest, KeepsStreamsOfOneFileApart) {
  const auto expected = numbers(20'000);
  ScratchStream first;
  ScratchStream second;
  for (const std::uint64_t x : expected) {
    first.put(x, scratch_);
    second.put(x / 2, scratch_);
  }
  EXPECT_EQ(read_all(first), expected);
  ScratchReader reader(second, scratch_);
  for (const std::uint64_t x : expected) ASSERT_EQ(reader.next(), x / 2);
  EXPECT_EQ(fs_.calls(FileCall::kCreate), 1U);
}

TEST_F(ScratchTest, HoldsNoMoreMemoryThanItIsGiven) {
  ScratchStream stream(3 * kScratchBlockBytes);
  for (const std::uint64_t x : numbers(100'000)) {
    stream.put(x, scratch_);
    ASSERT_LE(stream.memory_bytes(), 4 * kScratchBlockBytes + 8000);
  }
  EXPECT_GT(scratch_.bytes(), 0U);
  ScratchStream closed;
  closed.put(1, scratch_);
  closed.close(scratch_);
  EXPECT_LE(closed.memory_bytes(), 100U);
}

TEST_F(ScratchTest, MakesNoFileAsLongAsMemoryLasts) {
  ScratchStream stream(10 * kScratchBlockBytes);
  for (const std::uint64_t x : numbers(5000)) stream.put(x, scratch_);
  EXPECT_EQ(fs_.calls(), 0U);
}

TEST_F(ScratchTest, HoldsAllWithoutADirectory) {
  scratch_ = ScratchFile(fs_, "");
  ScratchStream stream;
  const auto expected = numbers(20'000);
  for (const std::uint64_t x : expected) stream.put(x, scratch_);
  EXPECT_EQ(read_all(stream), expected);
  EXPECT_EQ(fs_.calls(), 0U);
}

TEST_F(ScratchTest, LeavesNoNameBehind) {
  ScratchStream stream;
  for (const std::uint64_t x : numbers(10'000)) stream.put(x, scratch_);
  EXPECT_GT(scratch_.bytes(), 0U);
  EXPECT_TRUE(fs_.list(directory_.path())->empty());
}

TEST_F(ScratchTest, TakesAnotherNameWhereOneIsInUse) {
  ScratchFile probe(fs_, directory_.path());
  ASSERT_TRUE(probe.append(as_bytes("a")));
  const std::string used = fs_.changes().front().path;  // index-<n>.scratch
  const std::size_t digits = used.rfind('-') + 1;
  const std::uint64_t next = std::stoull(used.substr(digits)) + 1;
  ASSERT_TRUE(write_file(real_file_system(), used.substr(0, digits) + std::to_string(next) + ".scratch", {}));
  EXPECT_TRUE(scratch_.append(as_bytes("a")));
}

TEST_F(ScratchTest, KeepsTheFirstFailureOfEveryCall) {
  for (std::uint64_t nth = 1;; ++nth) {
    scratch_ = ScratchFile(fs_, directory_.path());
    fs_.fail({.nth = nth, .code = ErrorCode::kNoSpace});
    ScratchStream stream;
    for (const std::uint64_t x : numbers(10'000)) stream.put(x, scratch_);
    const auto read = read_all(stream);
    if (!fs_.struck()) {
      EXPECT_GT(nth, 5U);  // create, open, remove, appends, reads
      break;
    }
    const Status status = scratch_.status();
    ASSERT_FALSE(status) << nth;
    EXPECT_EQ(status.error().code, ErrorCode::kNoSpace);
    EXPECT_TRUE(status.error().message.starts_with("spill index: ")) << status.error().message;
    EXPECT_LT(read.size(), 10'000U);
    EXPECT_FALSE(scratch_.append(as_bytes("a")));
  }
}

}  // namespace
}  // namespace promfill
