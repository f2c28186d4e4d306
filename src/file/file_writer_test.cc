// FileWriter against a byte vector: appends of every size around the buffer's, patches across its border, and a failure
// at every call below.
#include "file/file_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "file/faulty_file_system.h"
#include "file/temporary_directory.h"

namespace promfill {
namespace {

constexpr std::size_t kBuffer = FileWriter::kBufferBytes;

Bytes pattern(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

class FileWriterTest : public testing::Test {
 protected:
  /// A path that is new for each call.
  std::string new_path() { return directory_.path("file" + std::to_string(++files_)); }
  static Bytes content(const std::string& path) {
    Result<Bytes> bytes = read_file(real_file_system(), path, 1 << 30);
    EXPECT_TRUE(bytes) << bytes.error().text();
    return std::move(bytes).value();
  }

  TemporaryDirectory directory_;
  FaultyFileSystem fs_{real_file_system()};

 private:
  int files_ = 0;
};

TEST_F(FileWriterTest, WritesAppendsOfEverySizeAroundTheBuffer) {
  const Bytes bytes = pattern(2 * kBuffer + 2, 1);
  for (const std::size_t first : {std::size_t{0}, std::size_t{1}, kBuffer - 1, kBuffer, kBuffer + 1}) {
    for (const std::size_t second : {std::size_t{0}, std::size_t{1}, kBuffer - 1, kBuffer, kBuffer + 1}) {
      const std::string path = new_path();
      Result<FileWriter> writer = FileWriter::create(fs_, path);
      ASSERT_TRUE(writer);
      const ByteView all = ByteView(bytes).first(first + second);
      ASSERT_TRUE(writer->append(all.first(first)));
      ASSERT_TRUE(writer->append(all.subspan(first)));
      EXPECT_EQ(writer->position(), first + second);
      ASSERT_TRUE(std::move(*writer).finish());
      EXPECT_TRUE(std::ranges::equal(content(path), all)) << first << " + " << second;
    }
  }
}

TEST_F(FileWriterTest, GathersSmallAppendsIntoFewWrites) {
  Result<FileWriter> writer = FileWriter::create(fs_, new_path());
  ASSERT_TRUE(writer);
  const Bytes piece(1000, 7);
  for (std::size_t i = 0; i < 3 * kBuffer / piece.size(); ++i) ASSERT_TRUE(writer->append(piece));
  ASSERT_TRUE(std::move(*writer).finish());
  EXPECT_EQ(fs_.calls(FileCall::kAppend), 4U) << "1048 pieces fill a buffer; the fourth holds the rest";
}

TEST_F(FileWriterTest, PatchesInTheFileInTheBufferAndAcrossTheBorder) {
  const Bytes bytes = pattern(kBuffer + 500, 2);
  for (const std::size_t offset : {std::size_t{0}, kBuffer - 8, kBuffer - 7, kBuffer - 1, kBuffer, kBuffer + 492}) {
    const std::string path = new_path();
    Result<FileWriter> writer = FileWriter::create(fs_, path);
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->append(ByteView(bytes).first(kBuffer)));
    ASSERT_TRUE(writer->append(ByteView(bytes).subspan(kBuffer)));  // the first part is in the file from here on
    const Bytes patch = pattern(8, offset);
    ASSERT_TRUE(writer->write_at(offset, patch));
    ASSERT_TRUE(writer->append(as_bytes("tail"))) << "a patch does not move the end";
    ASSERT_TRUE(std::move(*writer).finish());

    Bytes expected = bytes;
    std::ranges::copy(patch, expected.begin() + static_cast<std::ptrdiff_t>(offset));
    expected.insert(expected.end(), {'t', 'a', 'i', 'l'});
    EXPECT_EQ(content(path), expected) << offset;
  }
}

TEST_F(FileWriterTest, RandomAppendsAndPatchesMakeTheSameFileAsAVector) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 4; ++round) {
    const std::string path = new_path();
    Result<FileWriter> writer = FileWriter::create(fs_, path);
    ASSERT_TRUE(writer);
    Bytes expected;
    for (int i = 0; i < 80; ++i) {
      const Bytes bytes = pattern(random() % (random() % 8 == 0 ? kBuffer : 5000), random());
      if (random() % 3 != 0 || bytes.size() > expected.size()) {
        ASSERT_TRUE(writer->append(bytes));
        expected.insert(expected.end(), bytes.begin(), bytes.end());
      } else {
        const std::size_t offset = random() % (expected.size() - bytes.size() + 1);
        ASSERT_TRUE(writer->write_at(offset, bytes));
        std::ranges::copy(bytes, expected.begin() + static_cast<std::ptrdiff_t>(offset));
      }
      ASSERT_EQ(writer->position(), expected.size());
    }
    ASSERT_TRUE(std::move(*writer).finish());
    ASSERT_EQ(content(path), expected) << "round " << round;
  }
}

TEST_F(FileWriterTest, FinishSyncsBeforeItCloses) {
  const std::string path = new_path();
  Result<FileWriter> writer = FileWriter::create(fs_, path);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->append(as_bytes("x")));
  ASSERT_TRUE(std::move(*writer).finish());
  std::vector<std::string> calls;
  for (const RecordedCall& call : fs_.changes()) calls.push_back(to_string(call));
  EXPECT_EQ(calls, (std::vector<std::string>{"create " + path, "append " + path, "sync " + path, "close " + path}));
}

TEST_F(FileWriterTest, DoesNotReplaceAFile) {
  const std::string path = new_path();
  ASSERT_TRUE(write_file(real_file_system(), path, as_bytes("theirs")));
  EXPECT_EQ(FileWriter::create(fs_, path).error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(as_text(content(path)), "theirs");
}

/// What a segment writer does: header, body larger than the buffer, a length patched in the file and one in memory.
Status write_like_a_segment(FileSystem& fs, const std::string& path) {
  PROMFILL_TRY(FileWriter writer, FileWriter::create(fs, path));
  PROMFILL_TRY_STATUS(writer.append(as_bytes("HEAD0000")));
  PROMFILL_TRY_STATUS(writer.append(Bytes(kBuffer - 10, 1)));
  PROMFILL_TRY_STATUS(writer.append(Bytes(100, 2)));
  PROMFILL_TRY_STATUS(writer.append(Bytes(kBuffer, 3)));
  PROMFILL_TRY_STATUS(writer.write_at(4, as_bytes("SIZE")));
  PROMFILL_TRY_STATUS(writer.append(as_bytes("end")));
  PROMFILL_TRY_STATUS(writer.write_at(writer.position() - 3, as_bytes("END")));
  return std::move(writer).finish();
}

/// Goal: no failure is lost. Method: make the n-th call fail, for all n; the error must come out with its code and
/// path.
TEST_F(FileWriterTest, ReportsAFailureOfEveryCall) {
  std::uint64_t n = 1;
  for (;; ++n) {
    const std::string path = new_path();
    fs_.fail({.nth = n, .code = ErrorCode::kNoSpace, .short_write_bytes = 5});
    const Status status = write_like_a_segment(fs_, path);
    if (!fs_.struck()) {
      EXPECT_TRUE(status);
      break;
    }
    ASSERT_FALSE(status) << "call " << n;
    EXPECT_EQ(status.error().code, ErrorCode::kNoSpace);
    EXPECT_EQ(status.error().where, path);
  }
  EXPECT_EQ(n - 1, 8U) << "create, 4 appends, 1 patch of the file, sync, close";
}

TEST_F(FileWriterTest, KeepsItsFirstFailureAndTouchesTheFileNoMore) {
  Result<FileWriter> writer = FileWriter::create(fs_, new_path());
  ASSERT_TRUE(writer);
  fs_.fail({.call = FileCall::kAppend, .code = ErrorCode::kNoSpace});
  EXPECT_EQ(writer->append(Bytes(kBuffer + 1)).error().code, ErrorCode::kNoSpace);
  const std::uint64_t calls = fs_.calls();
  EXPECT_EQ(writer->append(as_bytes("x")).error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(writer->write_at(0, {}).error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(std::move(*writer).finish().error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(fs_.calls(), calls);
}

TEST_F(FileWriterTest, AFailedSyncIsNotTriedAgain) {
  Result<FileWriter> writer = FileWriter::create(fs_, new_path());
  ASSERT_TRUE(writer);
  fs_.fail({.call = FileCall::kSync});
  EXPECT_FALSE(std::move(*writer).finish());
  EXPECT_EQ(fs_.calls(FileCall::kSync), 1U);
  EXPECT_EQ(fs_.calls(FileCall::kClose), 0U);
}

TEST_F(FileWriterTest, PatchBeyondTheEndIsABug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Result<FileWriter> writer = FileWriter::create(fs_, new_path());
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->append(as_bytes("abc")));
  EXPECT_DEATH((void)writer->write_at(1, as_bytes("xyz")), "position_");
  EXPECT_DEATH((void)writer->write_at(4, {}), "position_");
}

}  // namespace
}  // namespace promfill
