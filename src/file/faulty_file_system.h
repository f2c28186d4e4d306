// A FileSystem for tests that passes calls on to another one, counts them, records what they change, and fails those
// that a Fault names. Its use: run a job with the first call failing, then the second, and so on until none is left to
// fail (struck() is false), and look each time at what is on disk.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "file/file_system.h"

namespace promfill {

/// Every call of FileSystem, WritableFile and ReadableFile that can fail.
enum class FileCall : std::uint8_t {
  kOpen,
  kReadAt,
  kList,
  kInfo,
  kFreeBytes,
  kLock,  ///< the first that changes something: from here on calls are recorded
  kCreate,
  kAppend,
  kWriteAt,
  kSync,
  kClose,
  kCreateDirectory,
  kRename,
  kReplace,
  kRemoveFile,
  kRemoveEmptyDirectory,
  kSyncDirectory,
  kSyncFile,
  kSyncFileSystem,
};

inline constexpr std::size_t kFileCallKinds = static_cast<std::size_t>(FileCall::kSyncFileSystem) + 1;

/// "open", "read_at", …: the names of the functions.
std::string_view to_string(FileCall call);

/// A call that changed something, or would have.
struct RecordedCall {
  FileCall call = FileCall::kCreate;
  std::string path;
  std::string to;       ///< of kRename and kReplace
  bool failed = false;  ///< because of the Fault: what the file system below refuses is not marked
};

/// "sync a/b", "rename a/b c", and " !" after a call that was made to fail.
std::string to_string(const RecordedCall& recorded);

/// Which calls fail, and how.
struct Fault {
  std::uint64_t nth = 1;           ///< of the calls of kind `call`, counted from 1 when fail() is called
  std::optional<FileCall> call{};  ///< absent: calls of every kind count
  ErrorCode code = ErrorCode::kIo;
  bool lasting = false;  ///< the later ones fail as well; with `call` absent, much as if the process had died
  std::size_t short_write_bytes = 0;  ///< a failing append writes so many bytes of its own before, but never all
};

/// May be used from several threads. Outlives the files that it opens.
class FaultyFileSystem final : public FileSystem {
 public:
  explicit FaultyFileSystem(FileSystem& base) : base_(base) {}

  /// Replace the fault, if any, and count for the new one from now on.
  void fail(Fault fault);
  /// Let every call through again.
  void repair();
  /// Whether a call has failed since fail().
  [[nodiscard]] bool struck() const;

  /// Calls so far, those that failed included.
  [[nodiscard]] std::uint64_t calls() const;
  [[nodiscard]] std::uint64_t calls(FileCall call) const;
  [[nodiscard]] std::vector<RecordedCall> changes() const;

  Result<std::unique_ptr<ReadableFile>> open(const std::string& path) override;
  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override;
  Status create_directory(const std::string& path) override;
  Result<std::vector<DirectoryEntry>> list(const std::string& path) override;
  Result<FileInfo> info(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status replace(const std::string& from, const std::string& to) override;
  Status remove_file(const std::string& path) override;
  Status remove_empty_directory(const std::string& path) override;
  Status sync_directory(const std::string& path) override;
  Status sync_file(const std::string& path) override;
  Status sync_file_system(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
  Result<std::uint64_t> free_bytes(const std::string& path) override;

 private:
  class Writable;
  class Readable;

  /// Count and record a call. An error where the fault says that it fails.
  Status enter(FileCall call, const std::string& path, const std::string& to = {});
  [[nodiscard]] std::size_t short_write_bytes() const;

  FileSystem& base_;
  mutable std::mutex mutex_;  ///< guards all below
  std::array<std::uint64_t, kFileCallKinds> calls_{};
  std::vector<RecordedCall> changes_;
  std::optional<Fault> fault_;
  std::uint64_t matched_ = 0;  ///< calls since fail() that the fault counts
  bool struck_ = false;
};

}  // namespace promfill
