// A directory for one test, removed with all in it at the end. Only for tests.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>  // mkdtemp is POSIX, not C++

#include <string>
#include <string_view>

#include "file/file_system.h"

namespace promfill {

class TemporaryDirectory {
 public:
  TemporaryDirectory() : path_(join_path(testing::TempDir(), "promfill_XXXXXX")) {
    PROMFILL_ASSERT(::mkdtemp(path_.data()) != nullptr);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { EXPECT_TRUE(remove_tree(real_file_system(), path_)); }

  [[nodiscard]] const std::string& path() const { return path_; }
  /// `name` in this directory.
  [[nodiscard]] std::string path(std::string_view name) const { return join_path(path_, name); }

 private:
  std::string path_;
};

}  // namespace promfill
