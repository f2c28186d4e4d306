#include "file/foreign_files.h"

#include <gtest/gtest.h>

#include <string>

#include "encoding/bytes.h"
#include "file/temporary_directory.h"

namespace promfill {
namespace {

TEST(ForeignFiles, AnExistingLockExcludesTheNext) {
  const TemporaryDirectory work;
  const auto first = try_lock_existing(work.path());
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->has_value());
  {
    const auto second = try_lock_existing(work.path());
    ASSERT_TRUE(second);
    EXPECT_FALSE(second->has_value());
  }
  const auto absent = try_lock_existing(work.path("none"));
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(exists(real_file_system(), work.path("none")));
}

TEST(ForeignFiles, ALinkedFileSurvivesTheOtherName) {
  const TemporaryDirectory work;
  FileSystem& fs = real_file_system();
  ASSERT_TRUE(write_file(fs, work.path("a"), as_bytes("text")));
  ASSERT_TRUE(link_or_copy_file(fs, work.path("a"), work.path("b")));
  ASSERT_TRUE(fs.remove_file(work.path("b")));
  const auto left = read_file(fs, work.path("a"), 100);
  ASSERT_TRUE(left);
  EXPECT_EQ(left->size(), 4U);
}

TEST(ForeignFiles, WhatIsMadeIsOurs) {
  const TemporaryDirectory work;
  const auto owner = owner_of(work.path());
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->user, current_owner().user);
  EXPECT_TRUE(may_write_directory(work.path()));
  EXPECT_FALSE(may_write_directory(work.path("none")));
  EXPECT_TRUE(give_tree(real_file_system(), work.path(), *owner));
}

TEST(ForeignFiles, OurOwnOpenFilesAreNoOtherProcess) {
  const TemporaryDirectory work;
  const auto file = real_file_system().create(work.path("a"));
  ASSERT_TRUE(file);
  EXPECT_FALSE(process_using(work.path()));
}

}  // namespace
}  // namespace promfill
