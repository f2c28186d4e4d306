// Goal: a run made of runs gives what they gave, series by series, with every chunk's generation and role. Method: runs
// of random series against a map of what was put in.
#include "merge/run_merge.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <tuple>

namespace promfill {
namespace {

/// Role, generation, bytes.
using Piece = std::tuple<ChunkRole, std::uint32_t, Bytes>;
/// Of one window: label names with values to pieces, oldest first.
using Series = std::map<std::vector<std::pair<std::string, std::string>>, std::vector<Piece>>;
using Windows = std::map<std::int64_t, Series>;

class SeriesOf final : public SeriesCursor {
 public:
  SeriesOf(const Series& series, const std::vector<std::string>& symbols) : symbols_(symbols) {
    for (const auto& one : series) rest_.push_back(&one);
  }
  Result<bool> next() override {
    if (at_ == rest_.size()) return false;
    labels_.clear();
    for (const auto& [name, value] : rest_[at_++]->first) labels_.push_back({number_of(name), number_of(value)});
    return true;
  }
  [[nodiscard]] std::span<const SymbolPair> labels() const override { return labels_; }
  Status add_pieces(std::vector<SeriesPiece>& out) override {
    for (const auto& [role, generation, bytes] : rest_[at_ - 1]->second) {
      out.push_back({{ChunkEncoding::kXor, {bytes[0]}, {bytes[0] + 5}, bytes}, role, generation});
    }
    return {};
  }

 private:
  SymbolRef number_of(const std::string& text) const {
    const auto at = std::lower_bound(symbols_.begin(), symbols_.end(), text);
    return {static_cast<std::uint32_t>(at - symbols_.begin())};
  }
  std::vector<std::string> symbols_;
  std::vector<const Series::value_type*> rest_;
  std::size_t at_ = 0;
  std::vector<SymbolPair> labels_;
};

class RunMerge : public testing::Test {
 protected:
  void SetUp() override {
    out_ = testing::TempDir() + "/run_merge_" + std::to_string(::getpid());
    ASSERT_TRUE(remove_tree(real_file_system(), out_));
    ASSERT_TRUE(real_file_system().create_directory(out_));
  }
  void TearDown() override { ASSERT_TRUE(remove_tree(real_file_system(), out_)); }

  Windows random_windows(std::uint32_t generation) {
    Windows windows;
    for (std::int64_t number = -2; number < 3; ++number) {
      if (random_() % 4 == 0) continue;
      for (int i = 0; i < 20; ++i) {
        std::vector<Piece>& pieces = windows[number][{{"__name__", "m" + std::to_string(random_() % 3)},
                                                      {"host", std::to_string(random_() % 10)}}];
        if (!pieces.empty()) continue;
        for (std::size_t n = 1 + random_() % 3; n > 0; --n) {
          Bytes bytes(1 + random_() % 300);
          for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random_());
          pieces.emplace_back(static_cast<ChunkRole>(random_() % 3), generation, bytes);
        }
      }
    }
    return windows;
  }

  std::shared_ptr<const promfill::Run> write(const Windows& windows, std::uint32_t generation, bool ends_generation) {
    Series all;
    std::set<std::string> texts;
    for (const auto& [number, series] : windows) {
      for (const auto& [labels, pieces] : series) {
        all[labels];
        for (const auto& [name, value] : labels) texts.insert({name, value});
      }
    }
    const std::vector<std::string> symbols(texts.begin(), texts.end());
    RunWriter writer = RunWriter::create(real_file_system(), next_path(), generation).value();
    for (const std::string& symbol : symbols) EXPECT_TRUE(writer.add_symbol(symbol));
    EXPECT_TRUE(writer.end_symbols());
    for (const auto& [number, series] : windows) {
      EXPECT_TRUE(writer.add_window(number, [&] { return std::make_unique<SeriesOf>(series, symbols); }));
    }
    SeriesOf every(all, symbols);
    if (ends_generation) {
      EXPECT_TRUE(writer.add_series(every));
    }
    return std::move(writer).finish().value();
  }

  std::string next_path() { return join_path(out_, "run-" + std::to_string(next_++)); }

  /// Leave the run to another process, which opens it.
  static std::shared_ptr<const promfill::Run> reopen(std::shared_ptr<const promfill::Run> run) {
    const std::string path = run->path();
    run->keep();
    run.reset();
    auto opened = promfill::Run::open(real_file_system(), path);
    EXPECT_TRUE(opened) << opened.error().text();
    return *opened;
  }

  static Windows read(const std::shared_ptr<const promfill::Run>& run) {
    std::vector<std::string> symbols;
    const std::unique_ptr<SymbolCursor> texts = run->walk();
    while (const auto text = texts->next().value()) symbols.emplace_back(*text);
    EXPECT_EQ(symbols.size(), run->size());
    EXPECT_TRUE(std::is_sorted(symbols.begin(), symbols.end()));
    Windows windows;
    for (const promfill::Run::Window& window : run->windows()) {
      const std::unique_ptr<SeriesCursor> cursor = RunWindow(run, window).walk();
      while (cursor->next().value()) {
        std::vector<std::pair<std::string, std::string>> labels;
        for (const SymbolPair& pair : cursor->labels()) {
          labels.emplace_back(symbols[pair.name.value], symbols[pair.value.value]);
        }
        std::vector<SeriesPiece> pieces;
        EXPECT_TRUE(cursor->add_pieces(pieces));
        for (const SeriesPiece& piece : pieces) {
          EXPECT_EQ(piece.chunk.mint.ms, piece.chunk.data[0]);
          EXPECT_EQ(piece.chunk.maxt.ms, piece.chunk.data[0] + 5);
          windows[window.number][labels].emplace_back(piece.role, piece.generation,
                                                      Bytes(piece.chunk.data.begin(), piece.chunk.data.end()));
        }
      }
    }
    return windows;
  }

  static void add(const Windows& more, Windows& all) {
    for (const auto& [number, series] : more) {
      for (const auto& [labels, pieces] : series) {
        std::vector<Piece>& of_all = all[number][labels];
        of_all.insert(of_all.end(), pieces.begin(), pieces.end());
      }
    }
  }

  std::string out_;
  std::mt19937_64 random_{1};
  int next_ = 0;
};

TEST_F(RunMerge, KeepsEveryChunkItsGenerationAndTheOrderOfRuns) {
  for (int round = 0; round < 20; ++round) {
    std::vector<std::shared_ptr<const promfill::Run>> runs;
    Windows expected;
    std::set<Series::key_type> series_of_ended;
    std::uint32_t generation = static_cast<std::uint32_t>(random_() % 3);
    for (std::size_t n = 1 + random_() % 5; n > 0; --n) {
      const Windows windows = random_windows(generation);
      const bool ends_generation = random_() % 2 == 0;
      runs.push_back(write(windows, generation, ends_generation));
      if (random_() % 2 == 0) runs.back() = reopen(std::move(runs.back()));
      EXPECT_EQ(runs.back()->generation(), generation);
      EXPECT_EQ(runs.back()->ends_generation(), ends_generation);
      ASSERT_EQ(read(runs.back()), windows);
      if (ends_generation) {
        ++generation;
        for (const auto& [number, series] : windows) {
          for (const auto& [labels, pieces] : series) series_of_ended.insert(labels);
        }
      }
      add(windows, expected);
    }
    EXPECT_EQ(count_distinct_series(runs).value(), series_of_ended.size());
    const auto merged = merge_runs(real_file_system(), next_path(), runs, std::vector<std::int64_t>{-2, -1, 0, 2});
    ASSERT_TRUE(merged) << merged.error().text();
    EXPECT_EQ((*merged)->level(), 1U);
    runs.clear();
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(out_), {}), 1) << "runs go with their files";
    expected.erase(1);
    EXPECT_EQ(read(*merged), expected);
    const std::vector<std::shared_ptr<const promfill::Run>> only{*merged};
    EXPECT_EQ(count_distinct_series(only).value(), series_of_ended.size());
    // Again, behind an older one: ages add up.
    const Windows oldest = random_windows(0);
    runs = {write(oldest, 0, false), *merged};
    const auto twice = merge_runs(real_file_system(), next_path(), runs, std::vector<std::int64_t>{-1});
    ASSERT_TRUE(twice) << twice.error().text();
    Windows both;
    add(oldest, both);
    add(expected, both);
    std::erase_if(both, [](const auto& window) { return window.first != -1; });
    EXPECT_EQ(read(*twice), both);
  }
}

TEST_F(RunMerge, ADamagedRunIsAnErrorThatNamesIt) {
  const std::shared_ptr<const promfill::Run> good = write(random_windows(0), 0, true);
  const std::shared_ptr<const promfill::Run> bad = write(random_windows(1), 1, true);
  const std::uint64_t bytes = bad->bytes();
  std::filesystem::resize_file(bad->path(), bytes / 2);
  const std::vector<std::shared_ptr<const promfill::Run>> runs{good, bad};
  const auto merged = merge_runs(real_file_system(), next_path(), runs, std::vector<std::int64_t>{-2, -1, 0, 1, 2});
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(merged.error().text().find(bad->path()), std::string::npos) << merged.error().text();
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(out_), {}), 2) << "no unfinished run is left";
}

TEST_F(RunMerge, OpensOnlyWhatIsWhole) {
  std::shared_ptr<const promfill::Run> run = write(random_windows(0), 0, true);
  const std::string path = run->path();
  run->keep();
  run.reset();
  const Bytes good = read_file(real_file_system(), path, 1 << 24).value();
  const std::string copy = join_path(out_, "copy");
  const auto opens = [&](const Bytes& bytes) {
    EXPECT_TRUE(remove_tree(real_file_system(), copy));
    EXPECT_TRUE(write_file(real_file_system(), copy, bytes));
    const auto opened = promfill::Run::open(real_file_system(), copy);
    EXPECT_TRUE(opened || opened.error().code == ErrorCode::kCorrupt) << opened.error().text();
    return opened.has_value();
  };
  EXPECT_TRUE(opens(good));
  EXPECT_FALSE(std::filesystem::exists(copy)) << "opened, it goes with its last user as if it had been written";
  for (std::size_t bytes = 0; bytes < good.size(); bytes += 1 + bytes % 97) {
    EXPECT_FALSE(opens(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(bytes)))) << bytes;
    Bytes flipped = good;
    flipped[bytes] ^= 0x10;
    EXPECT_FALSE(opens(flipped)) << bytes;
  }
  EXPECT_TRUE(std::filesystem::exists(copy)) << "what is no run is not ours to remove";
}

}  // namespace
}  // namespace promfill
