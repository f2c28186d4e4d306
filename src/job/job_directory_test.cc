// Goal: one job at a time on a directory, staging that never survives its job, and a commit that moves all or nothing.
#include "job/job_directory.h"

#include <gtest/gtest.h>

#include "file/faulty_file_system.h"

namespace promfill {
namespace {

class JobDirectories : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "/job_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    ASSERT_TRUE(remove_tree(fs_, root_));
    ASSERT_TRUE(fs_.create_directory(root_));
    out_ = join_path(root_, "out");
  }
  void TearDown() override { ASSERT_TRUE(remove_tree(fs_, root_)); }

  std::vector<std::string> names(const std::string& directory) {
    std::vector<std::string> all;
    const auto entries = fs_.list(directory);
    if (!entries) return all;
    for (const DirectoryEntry& entry : *entries) all.push_back(entry.name);
    return all;
  }
  /// Stage a stand-in for a block.
  void stage(const JobDirectory& job, const Ulid& ulid) {
    ASSERT_TRUE(fs_.create_directory(job.staged(ulid)));
    ASSERT_TRUE(write_file(fs_, join_path(job.staged(ulid), "index"), as_bytes("x")));
  }

  JobDirectory::Move move(const JobDirectory& job, const Ulid& ulid) {
    return {job.staged(ulid), join_path(out_, ulid.text())};
  }

  FileSystem& fs_ = real_file_system();
  std::string root_;
  std::string out_;
  const Ulid a_ = Ulid::make({1000}, {1});
  const Ulid b_ = Ulid::make({1000}, {2});
};

TEST_F(JobDirectories, AreLockedAgainstASecondJob) {
  const auto first = JobDirectory::claim(fs_, out_, "one");
  ASSERT_TRUE(first);
  const auto second = JobDirectory::claim(fs_, out_, "two");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kRefused);
}

TEST_F(JobDirectories, AreGoneAfterAFailedJobThatMadeThem) {
  {
    const auto job = JobDirectory::claim(fs_, out_, "one");
    ASSERT_TRUE(job);
    stage(*job, a_);
  }
  EXPECT_TRUE(names(root_).empty());
}

TEST_F(JobDirectories, StayWhenTheyWereThereBefore) {
  ASSERT_TRUE(fs_.create_directory(out_));
  ASSERT_TRUE(write_file(fs_, join_path(out_, "mine"), as_bytes("x")));
  {
    const auto job = JobDirectory::claim(fs_, out_, "one");
    ASSERT_TRUE(job);
  }
  EXPECT_EQ(names(out_), std::vector<std::string>{"mine"});
}

TEST_F(JobDirectories, LoseWhatAKilledJobLeft) {
  const std::string left = join_path(out_, ".promfill/old-job");
  ASSERT_TRUE(create_directories(fs_, left));
  ASSERT_TRUE(write_file(fs_, join_path(left, "rejects.jsonl"), as_bytes("x")));
  const auto job = JobDirectory::claim(fs_, out_, "new-job");
  ASSERT_TRUE(job);
  EXPECT_EQ(names(join_path(out_, ".promfill")), (std::vector<std::string>{"lock", "new-job"}));
}

TEST_F(JobDirectories, RefuseThePrometheusOfOthers) {
  for (const char* mark : {"wal", "lock", "chunks_head"}) {
    ASSERT_TRUE(create_directories(fs_, join_path(out_, mark)));
    const auto job = JobDirectory::claim(fs_, out_, "one");
    ASSERT_FALSE(job) << mark;
    EXPECT_EQ(job.error().code, ErrorCode::kRefused);
    EXPECT_EQ(names(out_), std::vector<std::string>{mark});
    ASSERT_TRUE(remove_tree(fs_, out_));
  }
}

TEST_F(JobDirectories, CommitMovesEveryBlockAndKeepsNoStaging) {
  {
    auto job = JobDirectory::claim(fs_, out_, "one");
    ASSERT_TRUE(job);
    stage(*job, a_);
    stage(*job, b_);
    const std::string summary = job->stage("summary.json", "{}").value();
    ASSERT_TRUE(job->commit({move(*job, a_), move(*job, b_), {summary, job->kept("summary.json")}}));
  }
  EXPECT_EQ(names(out_), (std::vector<std::string>{".promfill", a_.text(), b_.text()}));
  EXPECT_EQ(names(join_path(out_, ".promfill")), (std::vector<std::string>{"lock", "one.summary.json"}));
}

TEST_F(JobDirectories, CommitRefusesANameThatIsTaken) {
  ASSERT_TRUE(create_directories(fs_, join_path(out_, b_.text())));
  auto job = JobDirectory::claim(fs_, out_, "one");
  ASSERT_TRUE(job);
  stage(*job, a_);
  stage(*job, b_);
  const Status status = job->commit({move(*job, a_), move(*job, b_)});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kAlreadyExists);
  EXPECT_FALSE(exists(fs_, join_path(out_, a_.text())));
}

TEST_F(JobDirectories, CommitTakesBackWhatWasMovedBeforeAFailure) {
  FaultyFileSystem faulty(fs_);
  auto job = JobDirectory::claim(faulty, out_, "one");
  ASSERT_TRUE(job);
  stage(*job, a_);
  stage(*job, b_);
  faulty.fail({.nth = 2, .call = FileCall::kRename});
  ASSERT_FALSE(job->commit({move(*job, a_), move(*job, b_)}));
  EXPECT_FALSE(exists(fs_, join_path(out_, a_.text())));
  EXPECT_FALSE(exists(fs_, join_path(out_, b_.text())));
}

TEST_F(JobDirectories, CommitTakesEverythingBackWhenItCannotBeMadeDurable) {
  FaultyFileSystem faulty(fs_);
  auto job = JobDirectory::claim(faulty, out_, "one");
  ASSERT_TRUE(job);
  stage(*job, a_);
  faulty.fail({.nth = 2, .call = FileCall::kSyncDirectory});
  ASSERT_FALSE(job->commit({move(*job, a_)}));
  EXPECT_FALSE(exists(fs_, join_path(out_, a_.text())));
}

TEST_F(JobDirectories, RefuseToPutBlocksIntoABlock) {
  ASSERT_TRUE(fs_.create_directory(out_));
  ASSERT_TRUE(write_file(fs_, join_path(out_, "meta.json"), as_bytes("{}")));
  const auto job = JobDirectory::claim(fs_, out_, "one");
  ASSERT_FALSE(job);
  EXPECT_EQ(job.error().code, ErrorCode::kRefused);
}

TEST_F(JobDirectories, OfSeveralLevelsAreGoneAfterAFailedJob) {
  {
    const auto job = JobDirectory::claim(fs_, join_path(out_, "a/b/c"), "one");
    ASSERT_TRUE(job);
  }
  EXPECT_TRUE(names(root_).empty());
}

// What a crash right after commit() must find: blocks synced into staging before the renames, OUT synced after them.
TEST_F(JobDirectories, CommitSyncsStagingThenRenamesThenSyncsOut) {
  FaultyFileSystem watched(fs_);
  auto job = JobDirectory::claim(watched, out_, "one");
  ASSERT_TRUE(job);
  stage(*job, a_);
  const std::size_t before = watched.changes().size();
  ASSERT_TRUE(job->commit({move(*job, a_)}));
  std::vector<FileCall> calls;
  const std::vector<RecordedCall> changes = watched.changes();
  for (std::size_t i = before; i < changes.size(); ++i) calls.push_back(changes[i].call);
  EXPECT_EQ(calls, (std::vector<FileCall>{FileCall::kSyncDirectory, FileCall::kRename, FileCall::kSyncDirectory}));
  EXPECT_EQ(changes.back().path, out_);
}

}  // namespace
}  // namespace promfill
