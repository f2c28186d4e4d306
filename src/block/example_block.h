// Blocks for tests: series of samples → a directory that BlockFilesWriter made.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "block/block_files_writer.h"
#include "block/block_reader.h"
#include "block/tombstones.h"
#include "chunk/xor_chunk.h"
#include "file/file_system.h"
#include "promfill/labels.h"

namespace promfill {

struct SeriesSamples {
  Labels labels;
  std::vector<Sample> samples;
};

inline constexpr std::int64_t kExampleRangeMs = 4 * 3600 * 1000;
inline constexpr std::string_view kExampleUlid = "01M81YYM12S0BSQ0VZ337X1V4T";

/// A directory of the running test's own, empty at first, removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    path_ = testing::TempDir() + "promfill_" + test->test_suite_name() + "_" + test->name();
    EXPECT_TRUE(remove_tree(real_file_system(), path_));
    EXPECT_TRUE(real_file_system().create_directory(path_));
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { EXPECT_TRUE(remove_tree(real_file_system(), path_)); }

  [[nodiscard]] std::string operator/(std::string_view name) const { return join_path(path_, name); }
  [[nodiscard]] const std::string& text() const { return path_; }

 private:
  std::string path_;
};

inline Labels labels_of(std::vector<Label> labels) {
  auto made = Labels::create(std::move(labels));
  EXPECT_TRUE(made);
  return made ? *std::move(made) : Labels();
}

/// `count` samples from `start_ms` every `step_ms`, with values that need several bits.
inline std::vector<Sample> samples_of(std::int64_t start_ms, std::int64_t step_ms, std::size_t count) {
  std::vector<Sample> samples;
  for (std::size_t i = 0; i < count; ++i) {
    samples.push_back({{start_ms + static_cast<std::int64_t>(i) * step_ms}, static_cast<double>(i % 7) * 0.1});
  }
  return samples;
}

/// Three series, one of them with two chunks.
inline std::vector<SeriesSamples> small_example() {
  return {{labels_of({{"__name__", "a"}}), samples_of(-1000, 15000, 3)},
          {labels_of({{"__name__", "a"}, {"host", "x"}}), samples_of(0, 15000, 125)},
          {labels_of({{"__name__", "b"}}), samples_of(5000, 1, 1)}};
}

/// Write `series`, given in label order, as one block.
inline Result<WrittenBlock> write_block(FileSystem& fs, const std::string& directory,
                                        const std::vector<SeriesSamples>& series, std::string_view ulid = kExampleUlid,
                                        BlockFilesOptions options = {}) {
  std::set<std::string_view> strings;
  for (const SeriesSamples& one : series) {
    for (const Label& label : one.labels) strings.insert({label.name, label.value});
  }
  PROMFILL_TRY(auto writer, BlockFilesWriter::create(fs, directory, *Ulid::parse(ulid), options));
  std::map<std::string_view, SymbolRef> symbols;
  for (const std::string_view text : strings) {
    PROMFILL_TRY_STATUS(writer.add_symbol(text));
    symbols.emplace(text, SymbolRef{static_cast<std::uint32_t>(symbols.size() + 1)});
  }
  for (const SeriesSamples& one : series) {
    std::vector<SymbolPair> labels;
    for (const Label& label : one.labels) labels.push_back({symbols.at(label.name), symbols.at(label.value)});
    const auto chunks = encode_series_chunks(one.samples, kExampleRangeMs);
    std::vector<ChunkView> views;
    for (const EncodedChunk& chunk : chunks) views.push_back(chunk.view());
    PROMFILL_TRY_STATUS(writer.add_series(labels, views));
  }
  return std::move(writer).finish();
}

/// A directory's files in memory, to be read and damaged at will; it can't be changed through the interface.
class FilesInMemory final : public FileSystem {
 public:
  /// Load the block at `directory`.
  explicit FilesInMemory(const std::string& directory) {
    for (const std::string& name : {std::string(kMetaFile), std::string(kIndexFile), std::string(kTombstonesFile),
                                    join_path(kChunksDirectory, "000001")}) {
      auto bytes = read_file(real_file_system(), join_path(directory, name), 1ULL << 30);
      EXPECT_TRUE(bytes) << name;
      if (bytes) files_[join_path(directory, name)] = *std::move(bytes);
    }
  }
  [[nodiscard]] Bytes& operator[](const std::string& path) { return files_.at(path); }

  Result<std::unique_ptr<ReadableFile>> open(const std::string& path) override {
    const auto it = files_.find(path);
    if (it == files_.end()) return refuse(path);
    return std::unique_ptr<ReadableFile>(std::make_unique<File>(it->second));
  }
  Result<std::vector<DirectoryEntry>> list(const std::string& path) override {
    std::map<std::string, FileKind> names;
    for (const auto& [file, bytes] : files_) {
      if (!file.starts_with(path + "/")) continue;
      const std::string rest = file.substr(path.size() + 1);
      const std::size_t slash = rest.find('/');
      names[rest.substr(0, slash)] = slash == std::string::npos ? FileKind::kFile : FileKind::kDirectory;
    }
    std::vector<DirectoryEntry> entries;
    for (const auto& [name, kind] : names) entries.push_back({name, kind});
    return entries;
  }
  Result<FileInfo> info(const std::string& path) override { return refuse(path); }
  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override { return refuse(path); }
  Status create_directory(const std::string& path) override { return refuse(path); }
  Status rename(const std::string& from, const std::string&) override { return refuse(from); }
  Status replace(const std::string& from, const std::string&) override { return refuse(from); }
  Status remove_file(const std::string& path) override { return refuse(path); }
  Status remove_empty_directory(const std::string& path) override { return refuse(path); }
  Status sync_directory(const std::string& path) override { return refuse(path); }
  Status sync_file(const std::string& path) override { return refuse(path); }
  Status sync_file_system(const std::string& path) override { return refuse(path); }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override { return refuse(path); }
  Result<std::uint64_t> free_bytes(const std::string& path) override { return refuse(path); }

 private:
  class File final : public ReadableFile {
   public:
    explicit File(const Bytes& bytes) : bytes_(bytes) {}
    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override {
      const std::size_t start = std::min<std::size_t>(offset, bytes_.size());
      const std::size_t count = std::min(out.size(), bytes_.size() - start);
      std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(start), count, out.begin());
      return count;
    }
    [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }

   private:
    const Bytes& bytes_;
  };
  static Error refuse(const std::string& path) { return {ErrorCode::kNotFound, "no such file in memory", path, ""}; }

  std::map<std::string, Bytes> files_;
};

/// Replace the bytes of a file.
inline void overwrite(const std::string& path, ByteView bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(file.good()) << path;
}

inline Bytes contents(const std::string& path) {
  auto bytes = read_file(real_file_system(), path, 1ULL << 30);
  EXPECT_TRUE(bytes) << path;
  return bytes ? *std::move(bytes) : Bytes();
}

}  // namespace promfill
