// What can be said with the calls of a FileSystem alone, whichever it is.
#include "file/file_system.h"

#include <algorithm>

namespace promfill {
namespace {

/// The directory that holds `path`: "a/b/" and "a/b" lie in "a", "/a" in "/", "a" in ".".
std::string parent_of(std::string_view path) {
  const auto drop_slashes = [&path] {
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  };
  drop_slashes();
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  path = path.substr(0, slash + 1);
  drop_slashes();
  return std::string(path);
}

/// `path` and those of its parents that aren't there, the outermost first.
Result<std::vector<std::string>> missing_directories(FileSystem& fs, const std::string& path) {
  std::vector<std::string> missing;
  std::string at = path;
  while (true) {
    Result<FileInfo> info = fs.info(at);
    if (info && info->kind == FileKind::kDirectory) break;
    if (info) {
      if (fs.info(join_path(at, "."))) break;  // a link to a directory; of anything else there is no "."
      return Error{.code = ErrorCode::kAlreadyExists,
                   .message = "create directory: there is something of this name that is not a directory",
                   .where = at};
    }
    std::string parent = parent_of(at);
    if (info.error().code != ErrorCode::kNotFound || parent == at) return std::move(info).error();
    missing.push_back(std::exchange(at, std::move(parent)));
  }
  std::ranges::reverse(missing);
  return missing;
}

/// A thing that another process removed first is as good as removed.
Status unless_absent(Status status) {
  if (!status && status.error().code == ErrorCode::kNotFound) return {};
  return status;
}

Status remove_entry(FileSystem& fs, const std::string& path, FileKind kind) {
  if (kind != FileKind::kDirectory) return unless_absent(fs.remove_file(path));
  const auto entries = fs.list(path);
  if (!entries) return unless_absent(entries.error());
  for (const DirectoryEntry& entry : *entries) {
    PROMFILL_TRY_STATUS(remove_entry(fs, join_path(path, entry.name), entry.kind));
  }
  return unless_absent(fs.remove_empty_directory(path));
}

}  // namespace

Result<Bytes> read_file(FileSystem& fs, const std::string& path, std::uint64_t bytes_max) {
  PROMFILL_TRY(const auto file, fs.open(path));
  if (file->size() > bytes_max) {
    return Error{.code = ErrorCode::kLimit,
                 .message = "read: the file has " + std::to_string(file->size()) + " bytes, more than the " +
                            std::to_string(bytes_max) + " that are allowed",
                 .where = path};
  }
  Bytes bytes(static_cast<std::size_t>(file->size()));
  PROMFILL_TRY(const std::size_t size, file->read_at(0, bytes));
  bytes.resize(size);
  return bytes;
}

Status write_file(FileSystem& fs, const std::string& path, ByteView bytes) {
  PROMFILL_TRY(const auto file, fs.create(path));
  PROMFILL_TRY_STATUS(file->append(bytes));
  PROMFILL_TRY_STATUS(file->sync());
  return file->close();
}

Status copy_file(FileSystem& fs, const std::string& from, const std::string& to) {
  PROMFILL_TRY(const std::unique_ptr<ReadableFile> source, fs.open(from));
  PROMFILL_TRY_STATUS(remove_tree(fs, to));
  PROMFILL_TRY(const std::unique_ptr<WritableFile> target, fs.create(to));
  Bytes buffer(1 << 16);
  for (std::uint64_t at = 0; true;) {
    PROMFILL_TRY(const std::size_t read, source->read_at(at, buffer));
    PROMFILL_TRY_STATUS(target->append(ByteView(buffer).first(read)));
    if (read < buffer.size()) break;
    at += read;
  }
  PROMFILL_TRY_STATUS(target->sync());
  return target->close();
}

Status sync_tree(FileSystem& fs, const std::string& path) {
  PROMFILL_TRY(const std::vector<DirectoryEntry> entries, fs.list(path));
  for (const DirectoryEntry& entry : entries) {
    const std::string below = join_path(path, entry.name);
    PROMFILL_TRY_STATUS(entry.kind == FileKind::kDirectory ? sync_tree(fs, below) : fs.sync_file(below));
  }
  return fs.sync_directory(path);
}

Result<std::vector<std::string>> create_directories(FileSystem& fs, const std::string& path) {
  PROMFILL_TRY(const auto missing, missing_directories(fs, path));
  std::vector<std::string> made;
  for (const std::string& directory : missing) {
    Status status = fs.create_directory(directory);
    const bool ours = status.has_value();
    if (ours) made.push_back(directory);
    // Where somebody else was quicker, its name may not be durable yet.
    if (ours || status.error().code == ErrorCode::kAlreadyExists) status = fs.sync_directory(parent_of(directory));
    if (status) continue;
    for (; !made.empty(); made.pop_back()) (void)fs.remove_empty_directory(made.back());
    return std::move(status).error();
  }
  return made;
}

Status remove_tree(FileSystem& fs, const std::string& path) {
  const Result<FileInfo> info = fs.info(path);
  if (!info) return unless_absent(info.error());
  return remove_entry(fs, path, info->kind);
}

bool exists(FileSystem& fs, const std::string& path) {
  const Result<FileInfo> info = fs.info(path);
  return info || info.error().code != ErrorCode::kNotFound;
}

std::string join_path(std::string_view directory, std::string_view name) {
  PROMFILL_ASSERT(!name.starts_with('/'));
  std::string path(directory);
  if (!path.empty() && !path.ends_with('/')) path += '/';
  return path.append(name);
}

}  // namespace promfill
