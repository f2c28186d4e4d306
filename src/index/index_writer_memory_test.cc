// IndexWriter in little memory: the bytes of any shape of index are those of the writer that holds everything, and what
// goes wrong with the temporary file is told. Method: each shape is written with limits from "everything" to nothing.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "file/faulty_file_system.h"
#include "file/temporary_directory.h"
#include "index/example_index.h"

namespace promfill {
namespace {

using Series = std::vector<ExampleSeries>;

/// One chunk each, in label order.
Series sorted(std::vector<std::vector<Label>> all) {
  Series series;
  for (auto& labels : all) series.push_back({example_labels(std::move(labels)), {}});
  std::sort(series.begin(), series.end(), [](const auto& a, const auto& b) { return a.labels < b.labels; });
  std::uint64_t ref = 8;
  for (ExampleSeries& one : series) one.chunks = {{{ref += 100}, {1000}, {2000}}};
  return series;
}

Series few_series() { return sorted({{{"__name__", "up"}, {"job", "a"}}, {{"__name__", "up"}, {"job", "b"}}}); }

Series many_values() {
  std::vector<std::vector<Label>> all;
  for (int i = 0; i < 20'000; ++i) {
    all.push_back(
        {{"__name__", "m" + std::to_string(i % 3)}, {"id", std::to_string(i)}, {"rack", std::to_string(i * 37 % 101)}});
  }
  return sorted(std::move(all));
}

Series one_value() {
  std::vector<std::vector<Label>> all;
  for (int i = 0; i < 3000; ++i) all.push_back({{"env", "prod"}, {"i", std::to_string(i)}, {"zone", "z"}});
  return sorted(std::move(all));
}

Series forty_names() {
  std::vector<std::vector<Label>> all;
  for (int i = 0; i < 500; ++i) {
    std::vector<Label> labels;
    for (int name = 10; name < 50; ++name) {
      if ((i * name) % 7 != 0) labels.push_back({"name_" + std::to_string(name), std::to_string(i / (name % 9 + 1))});
    }
    if (!labels.empty()) all.push_back(std::move(labels));
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return sorted(std::move(all));
}

Series a_name_a_series() {
  std::vector<std::vector<Label>> all;
  for (int i = 0; i < 3000; ++i) all.push_back({{"name_" + std::to_string(i), "v"}});
  return sorted(std::move(all));
}

/// The same strings as values of several names, and as names.
Series shared_values() {
  std::vector<std::vector<Label>> all;
  for (int i = 0; i < 2000; ++i) {
    all.push_back(
        {{"a", "v" + std::to_string(i % 40)}, {"b", "v" + std::to_string(i)}, {"v3", i % 2 == 0 ? "a" : "b"}});
  }
  return sorted(std::move(all));
}

Series hostile_text() {
  std::mt19937_64 random(7);
  return random_series(random, 3000);
}

TEST(IndexInLittleMemory, HasTheSameBytes) {
  const struct {
    const char* name;
    Series series;
  } shapes[] = {
      {"no series", {}},
      {"few series", few_series()},
      {"many values", many_values()},
      {"one value", one_value()},
      {"forty names", forty_names()},
      {"a name a series", a_name_a_series()},
      {"shared values", shared_values()},
      {"hostile text", hostile_text()},
  };
  const TemporaryDirectory scratch;
  for (const auto& shape : shapes) {
    SCOPED_TRACE(shape.name);
    const std::set<std::string> symbols = example_symbols(shape.series, {"unused", "zz"});
    const auto whole = write_example(shape.series, symbols);
    ASSERT_TRUE(whole) << whole.error().text();
    for (const std::uint64_t memory_bytes : {0, 1, 4 << 10, 64 << 10, 256 << 10, 1 << 20, 64 << 20}) {
      const auto written =
          write_example(shape.series, symbols, {.memory_bytes = memory_bytes, .scratch = scratch.path()});
      ASSERT_TRUE(written) << written.error().text();
      EXPECT_TRUE(*written == *whole) << memory_bytes;
      EXPECT_TRUE(real_file_system().list(scratch.path())->empty());
    }
    const auto unlimited = write_example(shape.series, symbols, {.memory_bytes = 0, .scratch = ""});
    ASSERT_TRUE(unlimited) << "a limit without a directory has no effect";
    EXPECT_TRUE(*unlimited == *whole);
  }
}

class SpilledIndex : public testing::Test {
 protected:
  const Series series_ = many_values();
  const std::set<std::string> symbols_ = example_symbols(series_);
  TemporaryDirectory scratch_;
  FaultyFileSystem fs_{real_file_system()};
  IndexWriterOptions options_{.limits = {}, .memory_bytes = 256 << 10, .scratch = scratch_.path()};

  /// A writer that has got all series.
  Result<IndexWriter> filled(const std::string& path) {
    PROMFILL_TRY(auto writer, IndexWriter::create(fs_, path, options_));
    std::map<std::string_view, SymbolRef> refs;
    for (const std::string& symbol : symbols_) {
      PROMFILL_TRY_STATUS(writer.add_symbol(symbol));
      refs.emplace(symbol, SymbolRef{static_cast<std::uint32_t>(refs.size() + 1)});
    }
    for (const ExampleSeries& one : series_) {
      std::vector<SymbolPair> labels;
      for (const Label& label : one.labels) labels.push_back({refs.at(label.name), refs.at(label.value)});
      PROMFILL_TRY_STATUS(writer.add_series(labels, one.chunks));
      EXPECT_LE(writer.memory_bytes(), FileWriter::kBufferBytes + options_.memory_bytes + (300 << 10));
    }
    return writer;
  }

  /// The temporary file has no name: it is found among the open files.
  static void flip_byte_of_scratch_file(std::streamoff offset) {
    for (const auto& open : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code none;
      if (std::filesystem::read_symlink(open.path(), none).string().find(".scratch") == std::string::npos) continue;
      std::fstream file(open.path(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekg(offset);
      const int byte = file.get();
      file.seekp(offset);
      file.put(static_cast<char>(byte ^ 1));
      file.flush();
      ASSERT_TRUE(file.good());
      return;
    }
    FAIL() << "no temporary file is open";
  }
};

TEST_F(SpilledIndex, RefusesADamagedTemporaryFile) {
  for (const std::streamoff offset : {0, 1, 20'000, 100'000}) {
    const TemporaryPath path("index");
    auto writer = filled(path.text());
    ASSERT_TRUE(writer) << writer.error().text();
    flip_byte_of_scratch_file(offset);
    const Status status = std::move(*writer).finish();
    ASSERT_FALSE(status) << offset;
    EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(status.error().message, "spill index: a temporary file changed after it was written");
    EXPECT_FALSE(status.error().hint.empty());
  }
}

TEST_F(SpilledIndex, TellsOfEveryFailingCallAndLeavesNoFiles) {
  std::uint64_t nth = 1;
  for (;; ++nth) {
    fs_.fail({.nth = nth, .code = ErrorCode::kNoSpace});
    const auto written = write_example(series_, symbols_, options_, fs_);
    if (!fs_.struck()) {
      EXPECT_TRUE(written);
      break;
    }
    ASSERT_FALSE(written) << "call " << nth;
    EXPECT_EQ(written.error().code, ErrorCode::kNoSpace);
    if (fs_.changes().back().call == FileCall::kRemoveFile) continue;  // nobody can then
    for (const auto& left : *real_file_system().list(scratch_.path())) {
      EXPECT_TRUE(remove_tree(real_file_system(), scratch_.path(left.name)));
      const auto changes = fs_.changes();
      EXPECT_TRUE(std::any_of(changes.begin(), changes.end(),
                              [](const auto& call) { return call.call == FileCall::kRemoveFile && call.failed; }))
          << left.name << " after call " << nth;
    }
  }
  EXPECT_GT(nth, 40U);  // blocks written and read again
}

TEST_F(SpilledIndex, RefusedSeriesAreToldByNamesReadBack) {
  const TemporaryPath path("index");
  options_.memory_bytes = 0;
  auto writer = filled(path.text());
  ASSERT_TRUE(writer) << writer.error().text();
  const std::vector<SymbolPair> labels{{{1}, {2}}};
  const std::vector<ChunkMeta> chunks{{{8}, {0}, {0}}};
  const Status status = writer->add_series(labels, chunks);
  ASSERT_FALSE(status);
  const auto second = std::next(symbols_.begin());
  EXPECT_EQ(status.error().message, "add series: {" + *symbols_.begin() + "=\"" + *second +
                                        "\"} is not above its predecessor {__name__=\"m2\",id=\"9998\",rack=\"64\"}");
}

}  // namespace
}  // namespace promfill
