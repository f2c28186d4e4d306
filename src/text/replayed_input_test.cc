// Goal: what comes once is read again from its beginning, as often as needed and never differently, until a reader
// leaves the part that is kept.
#include "text/replayed_input.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>

namespace promfill {
namespace {

/// Gives a number at each place, so that any stretch says where it comes from; fewer bytes than asked for, as pipes do.
class Numbers final : public ByteStream {
 public:
  explicit Numbers(std::uint64_t size) : size_(size) {}
  Result<std::size_t> read(std::span<char> out) override {
    const std::size_t bytes = std::min<std::uint64_t>(out.size(), size_ - at_);
    for (std::size_t i = 0; i < bytes; ++i) out[i] = at(at_ + i);
    at_ += bytes;
    return bytes;
  }
  [[nodiscard]] std::uint64_t stored_bytes_read() const override { return at_; }
  static char at(std::uint64_t place) { return static_cast<char>((place * 2654435761U) >> 13); }

 private:
  std::uint64_t size_;
  std::uint64_t at_ = 0;
};

std::shared_ptr<ReplayedInput> input_of(std::uint64_t size) {
  return std::make_shared<ReplayedInput>(std::make_unique<Numbers>(size), "standard input");
}

/// How many bytes came, each as it should be.
std::uint64_t read_right(ByteStream& stream, std::uint64_t from, std::uint64_t bytes_max, std::size_t block) {
  std::string some(block, '\0');
  std::uint64_t done = 0;
  while (done < bytes_max) {
    const auto got = stream.read(some);
    EXPECT_TRUE(got);
    if (!got) return done;
    for (std::size_t i = 0; i < *got; ++i) {
      if (some[i] != Numbers::at(from + done + i)) return done + i;
    }
    done += *got;
    if (*got < block) break;
  }
  return done;
}

TEST(ReplayedInput, BeginsAnewWithinWhatIsKept) {
  const std::uint64_t size = (40U << 20) + 17;  // more than is kept
  const auto input = input_of(size);
  for (const std::size_t block : {1000U, 4096U, 1U << 20}) {
    const auto look = ReplayedInput::read(input);
    const std::uint64_t looked = 3U << 20;
    EXPECT_EQ(read_right(*look, 0, looked, block), (looked + block - 1) / block * block);
  }
  const auto all = ReplayedInput::read(input);
  EXPECT_EQ(read_right(*all, 0, size, 1U << 20), size);
  EXPECT_EQ(all->stored_bytes_read(), size);
}

TEST(ReplayedInput, RefusesToBeginAnewAfterThat) {
  const std::uint64_t size = 80U << 20;
  const auto input = input_of(size);
  EXPECT_EQ(read_right(*ReplayedInput::read(input), 0, size, 1U << 20), size);
  const auto late = ReplayedInput::read(input);
  std::string block(1U << 20, '\0');
  Result<std::size_t> got = std::size_t{0};
  std::uint64_t bytes = 0;
  while ((got = late->read(block))) bytes += *got;
  EXPECT_LE(bytes, ReplayedInput::kKeptBytes) << "nothing is left out in between";
  EXPECT_EQ(got.error().code, ErrorCode::kUsage);
  EXPECT_NE(got.error().hint.find("write it to a file"), std::string::npos);
}

TEST(ReplayedInput, ShortInputsAreKeptWhole) {
  const auto input = input_of(12345);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(read_right(*ReplayedInput::read(input), 0, 20000, 777), 12345U);
}

}  // namespace
}  // namespace promfill
