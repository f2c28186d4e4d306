#include "file/beneath_file_system.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

namespace promfill {
namespace {

constexpr mode_t kFileMode = 0666;

std::string_view without_trailing_slashes(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

/// Names between slashes, without empty ones and ".".
std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> components;
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    if (!name.empty() && name != ".") components.emplace_back(name);
    path.remove_prefix(std::min(path.size(), name.size() + 1));
  }
  return components;
}

bool names_itself(std::string_view path) { return path == "." || path.ends_with("/.") || path.ends_with('/'); }

/// A descriptor, or -1 with errno.
int open_by_kernel(int root, const std::vector<std::string>& components, int flags) {
  std::string path;
  for (const std::string& name : components) path += (path.empty() ? "" : "/") + name;
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = (flags & O_CREAT) != 0 ? kFileMode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, root, path.empty() ? "." : path.c_str(), &how, sizeof how));
}

bool is_link(int directory, const std::string& name) {
  struct stat status{};
  return ::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode);
}

/// One step down, as openat(2), but a link is always ELOOP.
int open_component(int directory, const std::string& name, int flags) {
  const int fd =
      uninterrupted([&] { return ::openat(directory, name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, kFileMode); });
  struct stat status{};
  if (fd != -1 && (flags & O_PATH) != 0 && ::fstat(fd, &status) == 0 && S_ISLNK(status.st_mode)) {
    ::close(fd);  // O_PATH takes the link itself
    errno = ELOOP;
    return -1;
  }
  if (fd == -1 && errno == ENOTDIR) errno = is_link(directory, name) ? ELOOP : ENOTDIR;
  return fd;
}

int open_by_components(int root, std::span<const std::string> components, int flags) {
  if (components.empty()) return open_component(root, ".", flags);
  std::optional<Descriptor> directory;
  for (const std::string& name : components.first(components.size() - 1)) {
    const int next = open_component(directory ? directory->get() : root, name, O_PATH | O_DIRECTORY);
    if (next == -1) return -1;
    directory.emplace(next);
  }
  return open_component(directory ? directory->get() : root, components.back(), flags);
}

}  // namespace

BeneathFileSystem::BeneathFileSystem(std::span<const std::string> roots, Outside outside, Resolution resolution)
    : outside_(outside), resolution_(resolution) {
  for (const std::string& root : roots) {
    PROMFILL_ASSERT(!root.empty());
    roots_.push_back({.path = std::string(without_trailing_slashes(root)), .directory = {}});
  }
}

BeneathFileSystem::Root* BeneathFileSystem::root_at(std::string_view path) {
  const auto at = std::ranges::find(roots_, without_trailing_slashes(path), &Root::path);
  return at == roots_.end() ? nullptr : &*at;
}

std::optional<BeneathFileSystem::Below> BeneathFileSystem::below(std::string_view path) {
  if (root_at(path) != nullptr) return std::nullopt;
  std::optional<Below> found;
  for (Root& root : roots_) {
    if (!path.starts_with(root.path) || (!root.path.ends_with('/') && path[root.path.size()] != '/')) continue;
    if (!found || found->root->path.size() < root.path.size()) found = {&root, path.substr(root.path.size())};
  }
  return found;
}

Status BeneathFileSystem::refuse_outside(std::string_view step, const std::string& path) {
  if (outside_ == Outside::kReached || root_at(path) != nullptr) return {};
  std::string all;
  for (const Root& root : roots_) all += (all.empty() ? "" : " or ") + root.path;
  return Error{.code = ErrorCode::kRefused, .message = std::string(step) + ": is not in " + all, .where = path};
}

Result<int> BeneathFileSystem::open_root(std::string_view step, Root& root) {
  const std::scoped_lock lock(mutex_);
  if (!root.directory) {
    PROMFILL_TRY(Descriptor directory, RealFileSystem::open_descriptor(step, root.path, O_PATH | O_DIRECTORY));
    root.directory.emplace(std::move(directory));
  }
  return root.directory->get();
}

Result<Descriptor> BeneathFileSystem::open_below(std::string_view step, const std::string& path, Root& below_root,
                                                 const std::vector<std::string>& components, int flags) {
  for (const std::string& name : components) {
    if (name != "..") continue;
    return Error{
        .code = ErrorCode::kRefused, .message = std::string(step) + ": leads out of " + below_root.path, .where = path};
  }
  PROMFILL_TRY(const int root, open_root(step, below_root));
  int fd = -1;
  if (resolution_ == Resolution::kByKernel) {
    fd = uninterrupted([&] { return open_by_kernel(root, components, flags); });
  }
  // Some sandboxes refuse calls that they don't know with EPERM; where it is no sandbox, it is refused again.
  if (resolution_ == Resolution::kByComponents || (fd == -1 && (errno == ENOSYS || errno == EPERM))) {
    fd = open_by_components(root, components, flags);
  }
  if (fd == -1) return system_error(step, path, errno);
  return Descriptor(fd);
}

Result<Descriptor> BeneathFileSystem::open_descriptor(std::string_view step, const std::string& path, int flags) {
  const std::optional<Below> found = below(path);
  if (found) return open_below(step, path, *found->root, split(found->rest), flags);
  PROMFILL_TRY_STATUS(refuse_outside(step, path));
  return RealFileSystem::open_descriptor(step, path, flags);
}

Result<RealFileSystem::Place> BeneathFileSystem::find(std::string_view step, const std::string& path) {
  const std::optional<Below> found = below(path);
  if (!found) {
    PROMFILL_TRY_STATUS(refuse_outside(step, path));
    return RealFileSystem::find(step, path);
  }
  std::vector<std::string> components = split(found->rest);
  std::string name = ".";
  if (!components.empty() && !names_itself(found->rest)) {
    name = std::move(components.back());
    components.pop_back();
  }
  if (name == "..") components.push_back(name);  // to be refused
  PROMFILL_TRY(Descriptor directory, open_below(step, path, *found->root, components, O_PATH | O_DIRECTORY));
  return Place{.directory = std::move(directory), .name = std::move(name)};
}

Status BeneathFileSystem::remove_empty_directory(const std::string& path) {
  PROMFILL_TRY_STATUS(RealFileSystem::remove_empty_directory(path));
  if (Root* const root = root_at(path); root != nullptr) {
    const std::scoped_lock lock(mutex_);
    root->directory.reset();  // whoever makes it anew makes another one
  }
  return {};
}

}  // namespace promfill
