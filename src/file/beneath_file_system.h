// A file system for directories that others can write to as well: nothing leads out of them. Whoever puts a symbolic
// link in the place of a file or a directory that we are about to use, at whatever moment, makes the call fail;
// otherwise the link would choose which of our user's files is written or removed.
//
// Each directory is opened once and every path below it is resolved from there by openat2(2), which refuses links and
// ways out; where the kernel has no such call (before 5.6) or a sandbox forbids it, component by component.
#pragma once

#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "file/real_file_system.h"

namespace promfill {

/// What becomes of a path that is in none of the directories.
enum class Outside : std::uint8_t {
  kRefused,
  kReached,  ///< as without this class: for files that the user named, which may be links
};

/// How paths are resolved. The second is for tests and for kernels that lack the first.
enum class Resolution : std::uint8_t { kByKernel, kByComponents };

/// Paths are in a directory when their text begins with that of one of the `roots`, of the longest of such; `..` in
/// them is refused. A root itself may be absent at first, and may be reached through links; once something below it was
/// asked for, it stays the same directory until it is removed here, which nobody else may make use of meanwhile. A last
/// component that is a link is only followed by no call: info() says kOther, rename() and remove_file() take the link
/// itself, all others fail. @error kRefused  a link on the way, or a way out.
class BeneathFileSystem final : public RealFileSystem {
 public:
  explicit BeneathFileSystem(std::span<const std::string> roots, Outside outside = Outside::kRefused,
                             Resolution resolution = Resolution::kByKernel);

  Status remove_empty_directory(const std::string& path) override;

 protected:
  Result<Descriptor> open_descriptor(std::string_view step, const std::string& path, int flags) override;
  Result<Place> find(std::string_view step, const std::string& path) override;

 private:
  struct Root {
    std::string path;
    std::optional<Descriptor> directory;  // guarded by mutex_
  };
  struct Below {
    Root* root;
    std::string_view rest;  // of the path
  };

  /// Nothing where the path is elsewhere, or a root itself.
  [[nodiscard]] std::optional<Below> below(std::string_view path);
  [[nodiscard]] Root* root_at(std::string_view path);
  [[nodiscard]] Status refuse_outside(std::string_view step, const std::string& path);
  Result<Descriptor> open_below(std::string_view step, const std::string& path, Root& root,
                                const std::vector<std::string>& components, int flags);
  Result<int> open_root(std::string_view step, Root& root);

  std::vector<Root> roots_;
  Outside outside_;
  Resolution resolution_;
  std::mutex mutex_;
};

}  // namespace promfill
