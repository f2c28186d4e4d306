// The operating system's files, by POSIX calls and two of Linux (renameat2, flock).
//
// Calls that a signal interrupts are repeated, but for close(): Linux has released the descriptor by then, and a second
// call could close a file that another thread has just opened.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <optional>
#include <utility>

#include "file/real_file_system.h"

namespace promfill {
namespace {

constexpr mode_t kFileMode = 0666;
constexpr mode_t kDirectoryMode = 0777;
/// Linux moves at most 2 GiB − 4 KiB a call, other systems refuse more than INT_MAX.
constexpr std::size_t kTransferBytesMax = std::size_t{1} << 30;

FileKind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::kFile;
  return S_ISDIR(mode) ? FileKind::kDirectory : FileKind::kOther;
}

class RealWritableFile final : public WritableFile {
 public:
  RealWritableFile(Descriptor file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  Status append(ByteView bytes) override {
    return transfer(bytes, [this](ByteView piece) { return ::write(file_.get(), piece.data(), piece.size()); });
  }

  Status write_at(std::uint64_t offset, ByteView bytes) override {
    return transfer(bytes, [this, &offset](ByteView piece) {
      const ssize_t written = ::pwrite(file_.get(), piece.data(), piece.size(), static_cast<off_t>(offset));
      if (written > 0) offset += static_cast<std::uint64_t>(written);
      return written;
    });
  }

  Status sync() override {
    if (sync_failed_) return *sync_failed_;
    if (uninterrupted([this] { return ::fsync(file_.get()); }) == 0) return {};
    sync_failed_ = system_error("sync", path_, errno);
    return *sync_failed_;
  }

  void start_writeback() override { ::sync_file_range(file_.get(), 0, 0, SYNC_FILE_RANGE_WRITE); }

  Status close() override {
    const int error = file_.close();
    if (error != 0) return system_error("close", path_, error);
    return {};
  }

 private:
  /// Give `bytes` to `write`, which takes as many as it likes from the front, until none is left.
  template <typename Write>
  Status transfer(ByteView bytes, Write write) {
    while (!bytes.empty()) {
      const ByteView piece = bytes.first(std::min(bytes.size(), kTransferBytesMax));
      const ssize_t written = uninterrupted([&] { return write(piece); });
      if (written == -1) return system_error("write", path_, errno);
      if (written == 0) return system_error("write", path_, EIO);  // would go on for ever
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
  }

  Descriptor file_;
  std::string path_;
  std::optional<Error> sync_failed_;
};

class RealReadableFile final : public ReadableFile {
 public:
  RealReadableFile(Descriptor file, std::string path, std::uint64_t size)
      : file_(std::move(file)), path_(std::move(path)), size_(size) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    std::size_t done = 0;
    while (done < out.size()) {
      const std::span<std::uint8_t> rest = out.subspan(done, std::min(out.size() - done, kTransferBytesMax));
      const ssize_t read = uninterrupted(
          [&] { return ::pread(file_.get(), rest.data(), rest.size(), static_cast<off_t>(offset + done)); });
      if (read == -1) return system_error("read", path_, errno);
      if (read == 0) break;
      done += static_cast<std::size_t>(read);
    }
    return done;
  }

  [[nodiscard]] std::uint64_t size() const override { return size_; }

 private:
  Descriptor file_;
  std::string path_;
  std::uint64_t size_;
};

/// flock() belongs to the open file, not to the process: closing it unlocks, and two locks of one process exclude each
/// other.
class RealFileLock final : public FileLock {
 public:
  explicit RealFileLock(Descriptor file) : file_(std::move(file)) {}

 private:
  Descriptor file_;
};

/// What the holder of a lock wrote into it; "" where that is no process id.
std::string holder_of(int fd) {
  std::array<char, 20> text{};
  const ssize_t size = uninterrupted([&] { return ::pread(fd, text.data(), text.size(), 0); });
  const std::string_view content(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return std::string(content.substr(0, content.find_first_not_of("0123456789")));
}

/// What is locked is written to: it must be a file, and of this name only. Another name would be somebody else's file.
Status refuse_foreign_lock(int fd, const std::string& path) {
  struct stat status{};
  if (::fstat(fd, &status) == -1) return system_error("lock", path, errno);
  if (S_ISREG(status.st_mode) && status.st_nlink <= 1) return {};
  return Error{.code = ErrorCode::kRefused,
               .message = S_ISREG(status.st_mode) ? "lock: the file has another name somewhere (a hard link)"
                                                  : "lock: not a regular file",
               .where = path,
               .hint = "find out who put it there, and remove it"};
}

}  // namespace

Result<Descriptor> RealFileSystem::open_descriptor(std::string_view step, const std::string& path, int flags) {
  const int fd = uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, kFileMode); });
  if (fd == -1) return system_error(step, path, errno);
  return Descriptor(fd);
}

Result<RealFileSystem::Place> RealFileSystem::find(std::string_view, const std::string& path) {
  return Place{.name = path};
}

Result<std::unique_ptr<ReadableFile>> RealFileSystem::open(const std::string& path) {
  // O_NONBLOCK has no effect on a regular file; a pipe without a writer would wait for one here.
  PROMFILL_TRY(Descriptor file, open_descriptor("open", path, O_RDONLY | O_NONBLOCK));
  struct stat status{};
  if (::fstat(file.get(), &status) == -1) return system_error("open", path, errno);
  if (S_ISDIR(status.st_mode)) return system_error("open", path, EISDIR);
  if (!S_ISREG(status.st_mode)) {
    return Error{.code = ErrorCode::kIo, .message = "open: not a regular file", .where = path};
  }
  return std::unique_ptr<ReadableFile>(
      std::make_unique<RealReadableFile>(std::move(file), path, static_cast<std::uint64_t>(status.st_size)));
}

Result<std::unique_ptr<WritableFile>> RealFileSystem::create(const std::string& path) {
  PROMFILL_TRY(Descriptor file, open_descriptor("create", path, O_WRONLY | O_CREAT | O_EXCL));
  return std::unique_ptr<WritableFile>(std::make_unique<RealWritableFile>(std::move(file), path));
}

Status RealFileSystem::create_directory(const std::string& path) {
  PROMFILL_TRY(const Place place, find("create directory", path));
  if (::mkdirat(place.at(), place.c_str(), kDirectoryMode) == 0) return {};
  return system_error("create directory", path, errno);
}

Status RealFileSystem::remove_file(const std::string& path) {
  PROMFILL_TRY(const Place place, find("remove", path));
  if (::unlinkat(place.at(), place.c_str(), 0) == 0) return {};
  return system_error("remove", path, errno);
}

Status RealFileSystem::remove_empty_directory(const std::string& path) {
  PROMFILL_TRY(const Place place, find("remove directory", path));
  if (::unlinkat(place.at(), place.c_str(), AT_REMOVEDIR) == 0) return {};
  return system_error("remove directory", path, errno);
}

Result<std::vector<DirectoryEntry>> RealFileSystem::list(const std::string& path) {
  PROMFILL_TRY(Descriptor descriptor, open_descriptor("list", path, O_RDONLY | O_DIRECTORY));
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::fdopendir(descriptor.get()), ::closedir);
  if (directory == nullptr) return system_error("list", path, errno);
  descriptor.release();

  std::vector<DirectoryEntry> entries;
  while (true) {
    errno = 0;  // readdir() returns null for the end and for a failure
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    FileKind kind = entry->d_type == DT_REG   ? FileKind::kFile
                    : entry->d_type == DT_DIR ? FileKind::kDirectory
                                              : FileKind::kOther;
    if (entry->d_type == DT_UNKNOWN) {
      struct stat status{};
      if (::fstatat(::dirfd(directory.get()), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == -1) {
        const int error = errno;
        if (error == ENOENT) continue;                              // removed since
        return system_error("list", join_path(path, name), error);  // no test: directories here tell kinds
      }
      kind = kind_of(status.st_mode);
    }
    entries.push_back({.name = std::string(name), .kind = kind});
  }
  if (errno != 0) return system_error("list", path, errno);
  std::ranges::sort(entries, {}, &DirectoryEntry::name);
  return entries;
}

Result<FileInfo> RealFileSystem::info(const std::string& path) {
  PROMFILL_TRY(const Place place, find("look at", path));
  struct stat status{};
  if (::fstatat(place.at(), place.c_str(), &status, AT_SYMLINK_NOFOLLOW) == -1) {
    return system_error("look at", path, errno);
  }
  std::int64_t modified_ns = 0;
  if (__builtin_mul_overflow(std::int64_t{status.st_mtim.tv_sec}, std::int64_t{1'000'000'000}, &modified_ns) ||
      __builtin_add_overflow(modified_ns, std::int64_t{status.st_mtim.tv_nsec}, &modified_ns)) {
    // Outside 1677…2262, which file systems can hold: as near as it gets.
    using Limits = std::numeric_limits<std::int64_t>;
    modified_ns = status.st_mtim.tv_sec < 0 ? Limits::min() : Limits::max();
  }
  return FileInfo{.kind = kind_of(status.st_mode),
                  .size_bytes = static_cast<std::uint64_t>(status.st_size),
                  .modified_ns = modified_ns};
}

Status RealFileSystem::rename(const std::string& from, const std::string& to) {
  const std::string step = "rename to " + to;
  PROMFILL_TRY(const Place source, find(step, from));
  PROMFILL_TRY(const Place target, find(step, to));
  if (::renameat2(source.at(), source.c_str(), target.at(), target.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno != EINVAL && errno != ENOSYS) return system_error(step, from, errno);
  // A kernel or file system without the flag: look first. What appears in between is replaced only if it is a file, or
  // an empty directory.
  struct stat status{};
  if (::fstatat(target.at(), target.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    return system_error(step, from, EEXIST);
  }
  if (errno != ENOENT) return system_error(step, from, errno);
  if (::renameat(source.at(), source.c_str(), target.at(), target.c_str()) == -1) {
    return system_error(step, from, errno);
  }
  return {};
}

Status RealFileSystem::replace(const std::string& from, const std::string& to) {
  const std::string step = "replace " + to;
  PROMFILL_TRY(const Place source, find(step, from));
  PROMFILL_TRY(const Place target, find(step, to));
  if (::renameat(source.at(), source.c_str(), target.at(), target.c_str()) == 0) return {};
  return system_error(step, from, errno);
}

Status RealFileSystem::sync_directory(const std::string& path) {
  PROMFILL_TRY(const Descriptor directory, open_descriptor("sync directory", path, O_RDONLY | O_DIRECTORY));
  const int result = uninterrupted([&] { return ::fsync(directory.get()); });
  // EINVAL: a file system, usually a remote one, that has no such call for directories.
  if (result == -1 && errno != EINVAL) return system_error("sync directory", path, errno);
  return {};
}

// An error of writing back that nobody was told of yet is told to whoever opens the file next and syncs it, or, from
// Linux 5.8 on, to whoever syncs the whole file system.
Status RealFileSystem::sync_file(const std::string& path) {
  PROMFILL_TRY(const Descriptor file, open_descriptor("sync", path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  if (uninterrupted([&] { return ::fsync(file.get()); }) == -1) return system_error("sync", path, errno);
  return {};
}

Status RealFileSystem::sync_file_system(const std::string& path) {
  PROMFILL_TRY(const Descriptor directory, open_descriptor("sync file system", path, O_RDONLY));
  if (uninterrupted([&] { return ::syncfs(directory.get()); }) == -1) {
    return system_error("sync file system", path, errno);
  }
  return {};
}

Result<std::unique_ptr<FileLock>> RealFileSystem::lock(const std::string& path) {
  PROMFILL_TRY(Descriptor file, open_descriptor("lock", path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK));
  PROMFILL_TRY_STATUS(refuse_foreign_lock(file.get(), path));
  if (uninterrupted([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); }) == -1) {
    if (errno != EWOULDBLOCK) return system_error("lock", path, errno);
    const std::string holder = holder_of(file.get());
    return Error{.code = ErrorCode::kRefused,
                 .message = "lock: held by " + (holder.empty() ? "another process" : "process " + holder),
                 .where = path,
                 .hint = "wait until that process has ended"};
  }
  // The holder before us may have removed the file; a lock on what has no name excludes nobody.
  struct stat locked{};
  struct stat named{};
  if (::fstat(file.get(), &locked) == -1) return system_error("lock", path, errno);
  PROMFILL_TRY(const Place place, find("lock", path));  // no test: it was found a moment ago
  const int found = ::fstatat(place.at(), place.c_str(), &named, AT_SYMLINK_NOFOLLOW);
  if (found == -1 || named.st_ino != locked.st_ino || named.st_dev != locked.st_dev) {
    return lock(path);
  }
  const std::string holder = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file.get(), 0) == -1) return system_error("lock", path, errno);
  const ssize_t written = uninterrupted([&] { return ::pwrite(file.get(), holder.data(), holder.size(), 0); });
  if (written == -1) return system_error("lock", path, errno);
  return std::unique_ptr<FileLock>(std::make_unique<RealFileLock>(std::move(file)));
}

Result<std::uint64_t> RealFileSystem::free_bytes(const std::string& path) {
  PROMFILL_TRY(const Descriptor place, open_descriptor("look for free space", path, O_PATH));
  struct statvfs status{};
  if (uninterrupted([&] { return ::fstatvfs(place.get(), &status); }) == -1) {
    return system_error("look for free space", path, errno);
  }
  return std::uint64_t{status.f_bavail} * status.f_frsize;
}

FileSystem& real_file_system() {
  static RealFileSystem file_system;
  return file_system;
}

}  // namespace promfill
