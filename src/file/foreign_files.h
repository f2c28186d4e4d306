// What only directories of other programs need, and no file system of ours: whose files they are, locks that those
// programs hold, and one file under two names. The system's calls, without a version that fails on demand.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "file/file_system.h"

namespace promfill {

/// Whose a file is.
struct Owner {
  std::uint32_t user = 0;
  std::uint32_t group = 0;
  friend bool operator==(const Owner&, const Owner&) = default;
};

/// The owner of a file or directory, through links.
Result<Owner> owner_of(const std::string& path);
/// Who this process acts as.
[[nodiscard]] Owner current_owner();
/// Give `path` and all below it to `owner`; links themselves and not what they name.
Status give_tree(FileSystem& fs, const std::string& path, const Owner& owner);
/// Whether this process may make and remove entries in the directory.
[[nodiscard]] bool may_write_directory(const std::string& path);

/// Hold flock() on a file or directory that is there, and write nothing into it. Nothing where another holds it.
/// @error kNotFound  no such file; kPermission, kIo.
Result<std::optional<std::unique_ptr<FileLock>>> try_lock_existing(const std::string& path);

/// A process that has a file below `directory` open, other than this one; nothing where none is seen. Other containers'
/// and other users' processes aren't.
std::optional<std::int64_t> process_using(const std::string& directory);

/// Give a file a second name, or where the system can't, copy it.
Status link_or_copy_file(FileSystem& fs, const std::string& from, const std::string& to);
/// The path without links and dots. @error kNotFound
Result<std::string> real_path_of(const std::string& path);

}  // namespace promfill
