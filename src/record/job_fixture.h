// For tests of jobs: where they write, and what is then in the blocks.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "block/block_reader.h"
#include "file/file_system.h"
#include "promfill/options.h"

namespace promfill {

inline constexpr std::int64_t kStart = 1'583'020'800;  // 2020-03-01

/// Values by series and time.
using Series = std::map<std::string, std::map<std::int64_t, double>>;

/// A directory that goes with the test, in which every job has a folder of its own.
class RecordJobFixture : public testing::Test {
 protected:
  RecordJobFixture() {
    const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
    root_ = std::filesystem::path(testing::TempDir()) / (std::string(test->test_suite_name()) + "_" + test->name());
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
  }
  ~RecordJobFixture() override { std::filesystem::remove_all(root_); }

  [[nodiscard]] std::string out(const std::string& name = "tsdb") const { return root_ / name; }
  [[nodiscard]] BackfillOptions options(const std::string& name = "tsdb") const {
    BackfillOptions made;
    made.out = out(name);
    made.block_duration = std::chrono::hours(24);
    made.threads = 2;
    return made;
  }

  /// Everything that the blocks hold.
  [[nodiscard]] Series series(const std::string& name = "tsdb") const {
    Series all;
    for (const auto& entry : std::filesystem::directory_iterator(out(name))) {
      if (!Ulid::parse(entry.path().filename().string())) continue;
      auto block = BlockReader::open(real_file_system(), entry.path());
      EXPECT_TRUE(block.has_value());
      if (!block) continue;
      for (const SeriesRef ref : block->index().select({}).value()) {
        const IndexedSeries one = block->index().series(ref).value();
        std::vector<Sample> samples;
        EXPECT_TRUE(block->read_samples(one.chunks, kTimestampMin, kTimestampMax, samples).has_value());
        for (const Sample& sample : samples) all[one.labels.text()][sample.time.ms] = sample.value;
      }
    }
    return all;
  }

  /// No block, no staging, nothing.
  [[nodiscard]] bool nothing_is_left() const { return !std::filesystem::exists(out()); }

  std::filesystem::path root_;
};

}  // namespace promfill
