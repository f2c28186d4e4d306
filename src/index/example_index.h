// Indexes for tests: series as text → the bytes that IndexWriter makes of them.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "index/index_writer.h"
#include "promfill/labels.h"

namespace promfill {

struct ExampleSeries {
  Labels labels;
  std::vector<ChunkMeta> chunks;
};

inline Labels example_labels(std::vector<Label> labels) {
  auto made = Labels::create(std::move(labels));
  EXPECT_TRUE(made.has_value());
  return made.has_value() ? std::move(made).value() : Labels();
}

/// A path that nothing exists at, removed again at the end.
class TemporaryPath {
 public:
  explicit TemporaryPath(const std::string& name)
      : path_(testing::TempDir() + "promfill_index_" +
              testing::UnitTest::GetInstance()->current_test_info()->test_suite_name() + "_" +
              testing::UnitTest::GetInstance()->current_test_info()->name() + "_" + name) {
    std::remove(path_.c_str());
  }
  TemporaryPath(const TemporaryPath&) = delete;
  TemporaryPath& operator=(const TemporaryPath&) = delete;
  ~TemporaryPath() { std::remove(path_.c_str()); }
  [[nodiscard]] const std::string& text() const { return path_; }

 private:
  std::string path_;
};

/// Symbols of `series` and `unused`, without "".
inline std::set<std::string> example_symbols(const std::vector<ExampleSeries>& series,
                                             std::set<std::string> unused = {}) {
  for (const ExampleSeries& one : series) {
    for (const Label& label : one.labels) {
      unused.insert(label.name);
      unused.insert(label.value);
    }
  }
  unused.erase("");
  return unused;
}

/// The index file of `series`, given in label order.
inline Result<Bytes> write_example(const std::vector<ExampleSeries>& series, const std::set<std::string>& symbols,
                                   const IndexWriterOptions& options = {}, FileSystem& fs = real_file_system()) {
  const TemporaryPath path("index");
  PROMFILL_TRY(auto writer, IndexWriter::create(fs, path.text(), options));
  std::map<std::string_view, SymbolRef> refs;
  for (const std::string& symbol : symbols) {
    PROMFILL_TRY_STATUS(writer.add_symbol(symbol));
    refs.emplace(symbol, SymbolRef{static_cast<std::uint32_t>(refs.size() + 1)});
  }
  std::vector<SymbolPair> labels;
  for (const ExampleSeries& one : series) {
    labels.clear();
    for (const Label& label : one.labels) labels.push_back({refs.at(label.name), refs.at(label.value)});
    PROMFILL_TRY_STATUS(writer.add_series(labels, one.chunks));
  }
  PROMFILL_TRY_STATUS(std::move(writer).finish());
  return read_file(real_file_system(), path.text(), 1ULL << 30);
}

inline Result<Bytes> write_example(const std::vector<ExampleSeries>& series) {
  return write_example(series, example_symbols(series));
}

/// Up to `count` random series in label order: few names, few and many values, text that is hostile to parsers.
inline std::vector<ExampleSeries> random_series(std::mt19937_64& random, std::size_t count) {
  static const std::vector<std::string> kNames{"Env", "__name__", "a", "b", "host", "lä.bel", "with \"quotes\"", "{}"};
  static const std::vector<std::string> kHostile{
      std::string("\0", 1), "\xff\xfe", "a\nb", "\"}", "\\", "é", " ", std::string(300, 'x'), "0", "\xF0\x9F\x9A\x80"};
  std::set<std::vector<Label>> unique;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<Label> labels;
    for (const std::string& name : kNames) {
      const std::uint64_t dice = random() % 8;
      if (dice < 3) labels.push_back({name, "v" + std::to_string(random() % 5)});
      if (dice == 3) labels.push_back({name, kHostile[random() % kHostile.size()]});
      if (dice == 4) labels.push_back({name, "many" + std::to_string(random() % 10000)});
    }
    if (!labels.empty()) unique.insert(std::move(labels));
  }
  std::vector<ExampleSeries> series;
  for (const auto& labels : unique) series.push_back({example_labels(labels), {}});
  std::sort(series.begin(), series.end(), [](const auto& a, const auto& b) { return a.labels < b.labels; });
  std::uint64_t ref = 8;
  for (ExampleSeries& one : series) {
    auto time = static_cast<std::int64_t>(random() % 1'000'000) - 500'000;
    for (std::uint64_t chunk = 0, chunks = 1 + random() % 4; chunk < chunks; ++chunk) {
      const auto length = static_cast<std::int64_t>(random() % 7'200'000);
      one.chunks.push_back({{ref}, {time}, {time + length}});
      time += length + 1 + static_cast<std::int64_t>(random() % 100'000);
      ref += random() % 1000;
    }
  }
  return series;
}

}  // namespace promfill
