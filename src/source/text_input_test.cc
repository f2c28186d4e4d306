// Goal: a compressed text is the text, whole or not at all.
#include "source/text_input.h"

#include <arrow/io/compressed.h>
#include <arrow/io/memory.h>
#include <arrow/util/compression.h>
#include <gtest/gtest.h>
#include <lzma.h>

#include <random>

#include "source/parquet_fixture.h"

namespace promfill {
namespace {

std::string packed(const std::string& text, Compression compression) {
  if (compression == Compression::kXz) {
    std::string out(text.size() + 1024, '\0');
    std::size_t size = 0;
    EXPECT_EQ(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, nullptr, reinterpret_cast<const std::uint8_t*>(text.data()),
                                      text.size(), reinterpret_cast<std::uint8_t*>(out.data()), &size, out.size()),
              LZMA_OK);
    out.resize(size);
    return out;
  }
  const auto type = compression == Compression::kGzip   ? arrow::Compression::GZIP
                    : compression == Compression::kZstd ? arrow::Compression::ZSTD
                    : compression == Compression::kLz4  ? arrow::Compression::LZ4_FRAME
                                                        : arrow::Compression::BZ2;
  const auto codec = arrow::util::Codec::Create(type).ValueOrDie();
  const auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  const auto stream = arrow::io::CompressedOutputStream::Make(codec.get(), sink).ValueOrDie();
  EXPECT_TRUE(stream->Write(text).ok() && stream->Close().ok());
  return (*sink->Finish())->ToString();
}

class TextInputs : public testing::TestWithParam<Compression> {
 protected:
  Result<std::string> read(const std::string& stored, std::size_t block = 1000) {
    write_bytes(path_, stored);
    PROMFILL_TRY(const TextInput input, TextInput::open(path_));
    PROMFILL_TRY(const auto stream, input.read(0));
    std::string text;
    while (true) {
      std::string some(block, '\0');
      PROMFILL_TRY(const std::size_t bytes, stream->read(some));
      text.append(some, 0, bytes);
      if (bytes < block) return text;
    }
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.path("t");
};

std::string random_lines(std::size_t bytes) {
  std::mt19937 random(3);
  std::string text;
  while (text.size() < bytes) text += std::to_string(random() % 100'000) + (random() % 5 == 0 ? "\n" : ",");
  return text;
}

TEST_P(TextInputs, AreTheTextInBlocksOfAnySize) {
  const std::string text = random_lines(300'000);
  const std::string stored = packed(text, GetParam());
  for (const std::size_t block : {1U, 7U, 4096U, 1U << 20}) {
    const auto found = read(stored, block);
    ASSERT_TRUE(found) << found.error().text();
    EXPECT_TRUE(*found == text) << block;
  }
}

TEST_P(TextInputs, MayHaveSeveralMembers) {
  const auto found = read(packed("first\n", GetParam()) + packed("second\n", GetParam()));
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(*found, "first\nsecond\n");
}

/// Wherever the end is missing, that is an error: less text would be rows lost.
TEST_P(TextInputs, AreNotWholeWithoutTheirEnd) {
  const std::string stored = packed(random_lines(2000), GetParam());
  for (std::size_t bytes = 8; bytes < stored.size(); ++bytes) {
    const auto found = read(stored.substr(0, bytes));
    ASSERT_FALSE(found) << bytes << " of " << stored.size();
    EXPECT_NE(found.error().where.find(path_), std::string::npos) << found.error().text();
  }
}

INSTANTIATE_TEST_SUITE_P(All, TextInputs,
                         testing::Values(Compression::kGzip, Compression::kZstd, Compression::kLz4, Compression::kBzip2,
                                         Compression::kXz),
                         [](const auto& given) { return std::string(to_string(given.param)); });

TEST(TextInput, RefusesWhatWasMadeToFillDisks) {
  TemporaryDirectory directory;
  const std::string path = directory.path("bomb.zst");
  write_bytes(path, packed(std::string(512U << 20, 'x'), Compression::kZstd));
  const auto input = TextInput::open(path);
  ASSERT_TRUE(input);
  const auto stream = input->read(0);
  ASSERT_TRUE(stream);
  std::string block(1U << 20, '\0');
  std::uint64_t bytes = 0;
  while (true) {
    const auto got = (*stream)->read(block);
    if (!got) {
      EXPECT_EQ(got.error().code, ErrorCode::kLimit);
      EXPECT_NE(got.error().hint.find("decompress it first"), std::string::npos);
      break;
    }
    bytes += *got;
    ASSERT_EQ(*got, block.size()) << "it has come to its end";
  }
  EXPECT_LT(bytes, 200U << 20);
}

TEST(TextInput, RefusesNothing) {
  TemporaryDirectory directory;
  write_bytes(directory.path("empty"), "");
  EXPECT_EQ(TextInput::open(directory.path("empty")).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(TextInput::open(directory.path("none")).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace promfill
