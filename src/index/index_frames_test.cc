// Goal: what one pass over the frames accepts is what the reader accepts; a flipped byte anywhere is found.
#include "index/index_frames.h"

#include <gtest/gtest.h>

#include "file/temporary_directory.h"
#include "index/example_index.h"
#include "section/index_format.h"

namespace promfill {
namespace {

class IndexFrames : public testing::Test {
 protected:
  Result<std::uint64_t> check(const Bytes& bytes) {
    const std::string path = temporary_.path("index-" + std::to_string(files_++));
    EXPECT_TRUE(write_file(real_file_system(), path, bytes));
    auto result = check_index_frames(real_file_system(), path);
    EXPECT_TRUE(real_file_system().remove_file(path));
    return result;
  }
  TemporaryDirectory temporary_;
  int files_ = 0;
};

TEST_F(IndexFrames, CountsTheSeriesOfAWholeIndex) {
  std::mt19937_64 random(1);
  for (const std::size_t count : {std::size_t{1}, std::size_t{7}, std::size_t{20'000}}) {
    const std::vector<ExampleSeries> series = random_series(random, count);
    const auto counted = check(write_example(series).value());
    ASSERT_TRUE(counted) << counted.error().text();
    EXPECT_EQ(*counted, series.size());
  }
}

TEST_F(IndexFrames, FindsEveryFlippedByte) {
  std::mt19937_64 random(2);
  const Bytes whole = write_example(random_series(random, 12)).value();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    Bytes flipped = whole;
    flipped[i] ^= 0x10;
    const auto checked = check(flipped);
    ASSERT_FALSE(checked) << "byte " << i;
    EXPECT_EQ(checked.error().code, ErrorCode::kCorrupt);
  }
}

TEST_F(IndexFrames, RefusesATocWhoseSectionsAreElsewhere) {
  std::mt19937_64 random(4);
  const Bytes whole = write_example(random_series(random, 5)).value();
  const IndexToc good = parse_toc(ByteView(whole).last(kTocBytes)).value();
  for (const auto field : {&IndexToc::symbols, &IndexToc::series, &IndexToc::postings, &IndexToc::postings_table}) {
    for (const std::uint64_t offset : {std::uint64_t{0}, good.*field + 1, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
      IndexToc toc = good;
      toc.*field = offset;
      ByteWriter crafted;
      crafted.raw(ByteView(whole).first(whole.size() - kTocBytes));
      encode_toc(toc, crafted);
      EXPECT_FALSE(check(std::move(crafted).take())) << offset << " for " << good.*field;
    }
  }
}

TEST_F(IndexFrames, FindsEveryTruncation) {
  std::mt19937_64 random(3);
  const Bytes whole = write_example(random_series(random, 5)).value();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(check(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)))) << size;
  }
}

}  // namespace
}  // namespace promfill
