// The only system calls of promfill, behind an interface with two implementations: the real one, and one for tests that
// fails the n-th call (faulty_file_system.h).
//
// Durability is explicit: a file is durable after sync(), a name after sync_directory() of its folder. A sync that
// failed is never tried again as if it could succeed: the kernel may have dropped the pages. Inputs are read with
// pread, not mmap: a file truncated while it is read must be an error, not SIGBUS.
//
// An error has the step and the system's words as message ("create: permission denied"), the path as place and
// kNoSpace, kPermission, kNotFound, kAlreadyExists or kIo as code. Paths are used as given. Files are 0666, directories
// 0777 before umask, as Prometheus makes them. A FileSystem may be used from several threads, a file from one at a
// time; only read_at may be called by several at once.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "encoding/bytes.h"
#include "promfill/result.h"

namespace promfill {

/// A file being written. Destroying it without close() closes it and ignores errors: only for failure paths.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  /// Append all of `bytes`; short writes of the system are continued.
  virtual Status append(ByteView bytes) = 0;
  /// Overwrite bytes that were appended before, such as a length field that is known at the end.
  virtual Status write_at(std::uint64_t offset, ByteView bytes) = 0;
  /// Make what was appended durable. After a failure every later call fails with the same error.
  virtual Status sync() = 0;
  /// Have the system begin to write what was appended to disk, and don't wait: a later sync has less to do. A wish.
  virtual void start_writeback() {}
  /// Close once; nothing may follow. Reports what the system found out too late to report from append().
  virtual Status close() = 0;
};

class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  /// Fill `out` from `offset`; fewer bytes only at the end of the file.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) const = 0;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
};

/// Holds an exclusive lock until destroyed.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class FileKind : std::uint8_t { kFile, kDirectory, kOther };

struct FileInfo {
  FileKind kind = FileKind::kOther;
  std::uint64_t size_bytes = 0;
  std::int64_t modified_ns = 0;  ///< since the epoch
};

struct DirectoryEntry {
  std::string name;
  FileKind kind = FileKind::kOther;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  /// Open a regular file, through symbolic links; anything else is refused, a pipe without waiting for its other end.
  virtual Result<std::unique_ptr<ReadableFile>> open(const std::string& path) = 0;
  /// Create a new file. @error kAlreadyExists  there is one (O_EXCL).
  virtual Result<std::unique_ptr<WritableFile>> create(const std::string& path) = 0;
  /// Create one directory. @error kAlreadyExists  there is something of this name.
  virtual Status create_directory(const std::string& path) = 0;
  /// Entries but . and .., sorted by name as bytes. A link is kOther here, too, but `path` itself may be one.
  virtual Result<std::vector<DirectoryEntry>> list(const std::string& path) = 0;
  /// Does not follow a symbolic link in the last component: a link is kOther.
  virtual Result<FileInfo> info(const std::string& path) = 0;
  /// Rename, never replacing. @error kAlreadyExists  `to` exists, be it only an empty directory.
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  /// Rename a file to a name that another may have, which then is gone; at no moment is there neither.
  virtual Status replace(const std::string& from, const std::string& to) = 0;
  virtual Status remove_file(const std::string& path) = 0;
  virtual Status remove_empty_directory(const std::string& path) = 0;
  virtual Status sync_directory(const std::string& path) = 0;
  /// As WritableFile::sync() of a file that was closed: also what failed to reach the disk since then is told.
  virtual Status sync_file(const std::string& path) = 0;
  /// Make everything durable that was written to the file system of `path`, by whomever.
  virtual Status sync_file_system(const std::string& path) = 0;
  /// Lock `path` (created where absent, and left there) without waiting, and write this process's id into it.
  /// @error kRefused  another process, or another lock() of this one, holds it; its process id is in the message.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
  /// Bytes that this user can still write on the file system of `path`.
  virtual Result<std::uint64_t> free_bytes(const std::string& path) = 0;
};

/// The operating system's. One object serves the process.
FileSystem& real_file_system();

/// Whole file as bytes, as many as it had when it was opened. @error kLimit  larger than `bytes_max`.
Result<Bytes> read_file(FileSystem& fs, const std::string& path, std::uint64_t bytes_max);
/// Create, write, sync, close. The directory is the caller's to sync.
Status write_file(FileSystem& fs, const std::string& path, ByteView bytes);
/// Copy a file, synced; an unfinished copy of the name goes first.
Status copy_file(FileSystem& fs, const std::string& from, const std::string& to);
/// Sync every file and directory below `path`, and itself.
Status sync_tree(FileSystem& fs, const std::string& path);
/// Create `path` and its missing parents, syncing each parent that gained an entry; existing directories, and links to
/// such, are fine.
/// @return the directories that were made, parents first. After an error an attempt was made to remove them again.
/// @error kAlreadyExists  `path` or a parent is something else.
Result<std::vector<std::string>> create_directories(FileSystem& fs, const std::string& path);
/// Remove a file or a directory with all in it, without following links; absent is fine.
Status remove_tree(FileSystem& fs, const std::string& path);
/// Whether there is something at `path`; true as well where the system doesn't tell, so that nothing is overwritten.
[[nodiscard]] bool exists(FileSystem& fs, const std::string& path);

/// "a" + "b" = "a/b", "a/" + "b" = "a/b", "" + "b" = "b"; an absolute `name` is the caller's mistake and asserted.
[[nodiscard]] std::string join_path(std::string_view directory, std::string_view name);

}  // namespace promfill
