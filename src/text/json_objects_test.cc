// Goal: objects are a line each afterwards, whatever stood between them and wherever the stream's blocks end.
#include "text/json_objects.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>

namespace promfill {
namespace {

class MemoryStream final : public ByteStream {
 public:
  explicit MemoryStream(std::string text) : text_(std::move(text)) {}
  Result<std::size_t> read(std::span<char> out) override {
    const std::size_t bytes = std::min(out.size(), text_.size() - at_);
    std::memcpy(out.data(), text_.data() + at_, bytes);
    at_ += bytes;
    return bytes;
  }
  [[nodiscard]] std::uint64_t stored_bytes_read() const override { return at_; }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

std::string objects_of(const std::string& text, std::size_t block) {
  const auto stream = read_json_objects(std::make_unique<MemoryStream>(text));
  std::string all;
  std::string some(block, '\0');
  while (true) {
    const auto got = stream->read(some);
    EXPECT_TRUE(got);
    if (!got) return all;
    all.append(some, 0, *got);
    if (*got < block) return all;
  }
}

/// Without blanks at the ends of lines, and without empty lines.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c != '\n') {
      lines.back() += c;
      continue;
    }
    lines.emplace_back();
  }
  for (std::string& line : lines) {
    while (line.starts_with(' ')) line.erase(0, 1);
    while (line.ends_with(' ')) line.pop_back();
  }
  std::erase(lines, "");
  return lines;
}

using Lines = std::vector<std::string>;

TEST(JsonObjects, AreALineEach) {
  const Lines expected{R"({"a":1})", R"({"b":[1,{"c":2}],"d":"]}\",{"})"};
  for (const std::string text :
       {R"([{"a":1},{"b":[1,{"c":2}],"d":"]}\",{"}])", R"({"a":1}{"b":[1,{"c":2}],"d":"]}\",{"})",
        R"( [ {"a":1} , {"b":[1,{"c":2}],"d":"]}\",{"} ] )"}) {
    for (const std::size_t block : {1U, 2U, 3U, 7U, 1000U})
      EXPECT_EQ(lines_of(objects_of(text, block)), expected) << text;
  }
}

TEST(JsonObjects, KeepWhatIsNone) {
  EXPECT_EQ(lines_of(objects_of("[{\"a\":1}, 7, {\"b\":2}]", 5)), (Lines{"{\"a\":1}", "7", "{\"b\":2}"}));
  EXPECT_EQ(lines_of(objects_of("{\"a\":1} oops {\"b\":2", 5)), (Lines{"{\"a\":1}", "oops", "{\"b\":2"}));
}

TEST(JsonObjects, AreTheSameInBlocksOfAnySize) {
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (auto pieces = random() % 12; pieces > 0; --pieces) {
      constexpr const char* kPieces[] = {"{\"a\":1}",      ",",     "[", "]", "\n", "{\"s\":\"\\\"}\"}", " 7 ",
                                         "{\n\"b\":{\n}}", "\"x\"", "}"};
      text += kPieces[random() % std::size(kPieces)];
    }
    const std::string whole = objects_of(text, 1U << 16);
    for (const std::size_t block : {1U, 3U, 16U}) ASSERT_EQ(objects_of(text, block), whole) << text;
  }
}

TEST(JsonObjects, ALineEachIsSeen) {
  EXPECT_TRUE(has_object_per_line("\n{\"a\":1}\n{\"a\":2}\n"));
  EXPECT_FALSE(has_object_per_line("[{\"a\":1}]\n"));
  EXPECT_FALSE(has_object_per_line("{\n\"a\":1}\n"));
  EXPECT_FALSE(has_object_per_line("{\"a\":1}{\"a\":2}\n"));
}

}  // namespace
}  // namespace promfill
