// Goal: whatever the parts and however the stream comes, each line is given once, by the part that has its first byte.
#include "text/line_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

namespace promfill {
namespace {

class MemoryStream final : public ByteStream {
 public:
  explicit MemoryStream(std::string_view text) : text_(text) {}
  Result<std::size_t> read(std::span<char> out) override {
    const std::size_t bytes = std::min(out.size(), text_.size() - at_);
    std::memcpy(out.data(), text_.data() + at_, bytes);
    at_ += bytes;
    return bytes;
  }
  [[nodiscard]] std::uint64_t stored_bytes_read() const override { return at_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

std::string lines_of_part(std::string_view text, std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t from = begin == 0 ? 0 : begin - 1;
  LineReader reader("text", std::make_unique<MemoryStream>(text.substr(from)), begin, end);
  if (begin > 0) {
    EXPECT_TRUE(reader.skip_begun_line());
  }
  std::string lines;
  while (true) {
    const auto some = reader.lines();
    EXPECT_TRUE(some);
    if (!some || some->empty()) return lines;
    EXPECT_TRUE(some->back() == '\n' || lines.size() + some->size() + begin >= text.size() - 1 ||
                reader.at_end_of_text());
    lines += *some;
    reader.take(some->size());
  }
}

TEST(LineReader, PartsHaveEachLineOnce) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    std::string text;
    const std::size_t lines = random() % 40;
    for (std::size_t i = 0; i < lines; ++i) text += std::string(random() % 12, 'x') + '\n';
    if (round % 3 == 0) text += "last";
    const std::uint64_t part = 1 + random() % 50;
    std::string all;
    for (std::uint64_t begin = 0; begin < text.size(); begin += part) {
      const std::string own = lines_of_part(text, begin, std::min<std::uint64_t>(begin + part, text.size()));
      all += own;
    }
    EXPECT_EQ(all, text) << "parts of " << part;
  }
}

TEST(LineReader, LinesLongerThanABlockComeWhole) {
  const std::string text = std::string(3 << 20, 'a') + "\nb\n" + std::string(1 << 20, 'c');
  EXPECT_EQ(lines_of_part(text, 0, LineReader::kNoEnd), text);
}

TEST(LineReader, ALineWithoutEndIsAnError) {
  const std::string text(LineReader::kLineBytesMax + (3 << 20), 'a');
  LineReader reader("file.csv", std::make_unique<MemoryStream>(text), 0, LineReader::kNoEnd);
  const auto lines = reader.lines();
  ASSERT_FALSE(lines);
  EXPECT_EQ(lines.error().code, ErrorCode::kLimit);
  EXPECT_EQ(lines.error().where, "file.csv, at byte 0");
}

TEST(LineReader, ReadsOnBehindWholeLines) {
  const std::string text = "\"a\n" + std::string(2 << 20, 'b') + "\"\n";
  LineReader reader("text", std::make_unique<MemoryStream>(text), 0, LineReader::kNoEnd);
  const auto lines = reader.lines();
  ASSERT_TRUE(lines);
  EXPECT_EQ(*lines, "\"a\n");
  while (true) {
    const auto more = reader.read_on();
    ASSERT_TRUE(more);
    if (!*more) break;
  }
  EXPECT_EQ(*reader.lines(), text);
  EXPECT_TRUE(reader.at_end_of_text());
}

}  // namespace
}  // namespace promfill
