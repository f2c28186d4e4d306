// See foreign_files.h.
#include "file/foreign_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "file/system_call.h"

namespace promfill {
namespace {

class ExistingFileLock final : public FileLock {
 public:
  explicit ExistingFileLock(Descriptor file) : file_(std::move(file)) {}

 private:
  Descriptor file_;
};

}  // namespace

Result<Owner> owner_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == -1) return system_error("look at the owner", path, errno);
  return Owner{status.st_uid, status.st_gid};
}

Owner current_owner() { return {::geteuid(), ::getegid()}; }

Status give_tree(FileSystem& fs, const std::string& path, const Owner& owner) {
  PROMFILL_TRY(const FileInfo info, fs.info(path));
  if (info.kind == FileKind::kDirectory) {
    PROMFILL_TRY(const auto entries, fs.list(path));
    for (const DirectoryEntry& entry : entries) {
      PROMFILL_TRY_STATUS(give_tree(fs, join_path(path, entry.name), owner));
    }
  }
  if (::lchown(path.c_str(), owner.user, owner.group) == -1) return system_error("change the owner", path, errno);
  return {};
}

bool may_write_directory(const std::string& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
}

Result<std::optional<std::unique_ptr<FileLock>>> try_lock_existing(const std::string& path) {
  const int fd = uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); });
  if (fd == -1) return system_error("lock", path, errno);
  Descriptor file(fd);
  if (uninterrupted([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); }) == -1) {
    if (errno == EWOULDBLOCK) return std::optional<std::unique_ptr<FileLock>>();
    return system_error("lock", path, errno);
  }
  return std::optional<std::unique_ptr<FileLock>>(std::make_unique<ExistingFileLock>(std::move(file)));
}

std::optional<std::int64_t> process_using(const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code error;
  const std::string below = directory + "/";
  for (fs::directory_iterator process("/proc", error), end; !error && process != end; process.increment(error)) {
    const std::string pid = process->path().filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos || pid == std::to_string(::getpid())) continue;
    std::error_code unseen;  // another user's, or gone meanwhile
    for (fs::directory_iterator file(process->path() / "fd", unseen); !unseen && file != end; file.increment(unseen)) {
      std::error_code closed;
      if (fs::read_symlink(file->path(), closed).string().starts_with(below)) return std::stoll(pid);
    }
  }
  return {};
}

Status link_or_copy_file(FileSystem& fs, const std::string& from, const std::string& to) {
  // AT_SYMLINK_FOLLOW: a name that is a link stands for its file.
  if (::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW) == 0) return {};
  return copy_file(fs, from, to);
}

Result<std::string> real_path_of(const std::string& path) {
  char* const resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return system_error("find", path, errno);
  std::string real = resolved;
  std::free(resolved);  // NOLINT(cppcoreguidelines-no-malloc): POSIX's to allocate, ours to free
  return real;
}

}  // namespace promfill
