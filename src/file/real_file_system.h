// The operating system's file system, as a class: how a path is found is for a subclass to say (beneath_file_system.h).
#pragma once

#include <fcntl.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "file/file_system.h"
#include "file/system_call.h"

namespace promfill {

class RealFileSystem : public FileSystem {
 public:
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

 protected:
  /// A name as the system's ...at() calls take it: in an open directory, or where there is none from the working one.
  struct Place {
    std::optional<Descriptor> directory{};
    std::string name{};

    [[nodiscard]] int at() const { return directory ? directory->get() : AT_FDCWD; }
    [[nodiscard]] const char* c_str() const { return name.c_str(); }
  };

  /// Open `path` with `flags` of open(2).
  virtual Result<Descriptor> open_descriptor(std::string_view step, const std::string& path, int flags);
  /// Find `path` for a call that doesn't follow a link in its last component.
  virtual Result<Place> find(std::string_view step, const std::string& path);
};

}  // namespace promfill
