// Goal: no sync before sync_all(), every one of them then; a failure of any is told.
#include "file/deferred_sync.h"

#include <gtest/gtest.h>

#include "file/faulty_file_system.h"
#include "file/temporary_directory.h"

namespace promfill {
namespace {

class DeferredSyncing : public testing::Test {
 protected:
  void write_files(int count) {
    for (int i = 0; i < count; ++i) ASSERT_TRUE(write_file(fs_, join_path(out_, std::to_string(i)), as_bytes("text")));
    ASSERT_TRUE(fs_.sync_directory(out_));
  }
  [[nodiscard]] std::uint64_t syncs() const {
    return faulty_.calls(FileCall::kSync) + faulty_.calls(FileCall::kSyncFile) +
           faulty_.calls(FileCall::kSyncDirectory);
  }

  TemporaryDirectory temporary_;
  FaultyFileSystem faulty_{real_file_system()};
  DeferredSync fs_{faulty_};
  std::string out_ = temporary_.path();
};

TEST_F(DeferredSyncing, FewAreSyncedOneByOneWhenTold) {
  write_files(3);
  EXPECT_EQ(syncs(), 0U);
  ASSERT_TRUE(fs_.sync_all(out_));
  EXPECT_EQ(faulty_.calls(FileCall::kSyncFile), 3U);
  EXPECT_EQ(faulty_.calls(FileCall::kSyncDirectory), 1U);
  EXPECT_EQ(faulty_.calls(FileCall::kSyncFileSystem), 0U);
  ASSERT_TRUE(fs_.sync_all(out_));
  EXPECT_EQ(syncs(), 4U) << "once is enough";
}

TEST_F(DeferredSyncing, ManyAreSyncedTogether) {
  write_files(100);
  ASSERT_TRUE(fs_.sync_all(out_));
  EXPECT_EQ(syncs(), 0U);
  EXPECT_EQ(faulty_.calls(FileCall::kSyncFileSystem), 1U);
}

TEST_F(DeferredSyncing, AFailedSyncIsAnError) {
  write_files(3);
  faulty_.fail({.nth = 2, .call = FileCall::kSyncFile});
  EXPECT_FALSE(fs_.sync_all(out_));
  faulty_.repair();
  write_files(0);
  for (int i = 3; i < 60; ++i) ASSERT_TRUE(write_file(fs_, join_path(out_, std::to_string(i)), as_bytes("text")));
  faulty_.fail({.nth = 1, .call = FileCall::kSyncFileSystem});
  EXPECT_FALSE(fs_.sync_all(out_));
}

}  // namespace
}  // namespace promfill
