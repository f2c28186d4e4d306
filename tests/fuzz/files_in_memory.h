// A file system of a few files in memory that can only be read: what readers of files are given to be fuzzed.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "file/file_system.h"

namespace promfill::fuzz {

class FilesInMemory final : public FileSystem {
 public:
  /// Files by path, all in one directory.
  explicit FilesInMemory(std::map<std::string, Bytes> files) : files_(std::move(files)) {}

  Result<std::unique_ptr<ReadableFile>> open(const std::string& path) override {
    const auto at = files_.find(path);
    if (at == files_.end()) return refused(path);
    return std::unique_ptr<ReadableFile>(std::make_unique<File>(at->second));
  }
  Result<std::vector<DirectoryEntry>> list(const std::string& path) override {
    std::vector<DirectoryEntry> entries;
    for (const auto& [name, bytes] : files_) {
      if (name.starts_with(path + "/")) entries.push_back({name.substr(path.size() + 1), FileKind::kFile});
    }
    return entries;
  }
  Result<FileInfo> info(const std::string& path) override {
    const auto at = files_.find(path);
    if (at == files_.end()) return refused(path);
    return FileInfo{.kind = FileKind::kFile, .size_bytes = at->second.size()};
  }
  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override { return refused(path); }
  Status create_directory(const std::string& path) override { return refused(path); }
  Status rename(const std::string& from, const std::string&) override { return refused(from); }
  Status replace(const std::string& from, const std::string&) override { return refused(from); }
  Status remove_file(const std::string&) override { return {}; }
  Status remove_empty_directory(const std::string& path) override { return refused(path); }
  Status sync_directory(const std::string& path) override { return refused(path); }
  Status sync_file(const std::string& path) override { return refused(path); }
  Status sync_file_system(const std::string& path) override { return refused(path); }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override { return refused(path); }
  Result<std::uint64_t> free_bytes(const std::string&) override { return std::uint64_t{0}; }

 private:
  class File final : public ReadableFile {
   public:
    explicit File(const Bytes& bytes) : bytes_(bytes) {}
    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override {
      if (offset >= bytes_.size()) return std::size_t{0};
      const std::size_t count = std::min<std::size_t>(out.size(), bytes_.size() - offset);
      std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), count, out.begin());
      return count;
    }
    [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }

   private:
    const Bytes& bytes_;
  };

  static Error refused(const std::string& path) { return {ErrorCode::kNotFound, "no such file", path, ""}; }

  std::map<std::string, Bytes> files_;
};

}  // namespace promfill::fuzz
