// A file system that makes nothing durable until it is told to, and then everything at once: a sync waits for the disk
// and for the file system's journal, so thousands of them cost minutes and one costs what they write.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "file/file_system.h"

namespace promfill {

/// Passes every call on, but for syncs of files and directories, which are noted; the disk begins to write at once.
/// Thread-safe as FileSystem is. Outlives its files.
class DeferredSync final : public FileSystem {
 public:
  /// @param base  borrowed.
  explicit DeferredSync(FileSystem& base) : base_(base) {}

  /// Make durable what was to be so far: one by one where that is little, else the whole file system of `path`.
  /// After a failure the caller must not rely on any of it.
  Status sync_all(const std::string& path);

  Result<std::unique_ptr<ReadableFile>> open(const std::string& path) override { return base_.open(path); }
  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override;
  Status create_directory(const std::string& path) override { return base_.create_directory(path); }
  Result<std::vector<DirectoryEntry>> list(const std::string& path) override { return base_.list(path); }
  Result<FileInfo> info(const std::string& path) override { return base_.info(path); }
  Status rename(const std::string& from, const std::string& to) override { return base_.rename(from, to); }
  Status replace(const std::string& from, const std::string& to) override { return base_.replace(from, to); }
  Status remove_file(const std::string& path) override { return base_.remove_file(path); }
  Status remove_empty_directory(const std::string& path) override { return base_.remove_empty_directory(path); }
  Status sync_directory(const std::string& path) override;
  Status sync_file(const std::string& path) override;
  Status sync_file_system(const std::string& path) override { return base_.sync_file_system(path); }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override { return base_.lock(path); }
  Result<std::uint64_t> free_bytes(const std::string& path) override { return base_.free_bytes(path); }

 private:
  class Writable;
  /// More files than this are synced together: it takes other programs' data along, but only once.
  static constexpr std::size_t kSyncedAloneMax = 32;

  FileSystem& base_;
  std::mutex mutex_;  // of the two below
  std::vector<std::string> files_;
  std::vector<std::string> directories_;
};

}  // namespace promfill
