// Goal: one job at a time on a directory; staging that survives its job only to be gone on with; a commit that moves
// all or nothing, wherever it is cut short. Method: stand-ins for blocks, and file systems that die at the n-th call.
#include "job/job_directory.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include "file/beneath_file_system.h"
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

  static Move move(const JobDirectory& job, const Ulid& ulid) { return job.move_of_block(ulid); }

  static Fingerprint fingerprint(const std::string& input) {
    MetricMapping metric;
    metric.column = input;
    Mapping mapping;
    mapping.metrics.emplace().push_back(metric);
    return Fingerprint::of(real_file_system(), std::vector<std::string>{PROMFILL_ROOT "/README.md"}, mapping, {});
  }
  /// A job of this input, with a journal.
  Result<JobDirectory> claim(const std::string& input, FileSystem& fs = real_file_system(), ClaimOptions options = {},
                             const std::string& out = "") {
    options.now = {1'700'000'000'000 + ++claims_};
    PROMFILL_TRY(JobDirectory job, JobDirectory::claim(fs, out.empty() ? out_ : out, fingerprint(input), options));
    if (!job.finished()) {
      const JournalContents* const left = job.unfinished();
      PROMFILL_TRY_STATUS(left != nullptr ? job.begin(left->windows, left->checkpoint) : job.begin({}, {}));
    }
    return job;
  }
  /// A job that was killed when it had a block; its name.
  std::string kill_with_block(const std::string& input) {
    auto job = claim(input);
    EXPECT_TRUE(job);
    stage(*job, a_);
    EXPECT_TRUE(job->journal().add(JournaledWindow{7, a_, 100, {3, {2, 1}, 4}}));
    job->keep();
    return job->staging().substr(job->staging().find_last_of('/') + 1);
  }
  std::vector<std::string> left() {
    std::vector<std::string> all = names(join_path(out_, ".promfill"));
    std::erase(all, "lock");
    return all;
  }

  FileSystem& fs_ = real_file_system();
  std::string root_;
  std::string out_;
  std::int64_t claims_ = 0;
  const Ulid a_ = Ulid::make({1000}, {1});
  const Ulid b_ = Ulid::make({1000}, {2});
};

TEST_F(JobDirectories, AreLockedAgainstASecondJob) {
  const auto first = claim("one");
  ASSERT_TRUE(first);
  const auto second = claim("two");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kRefused);
}

TEST_F(JobDirectories, AreGoneAfterAFailedJobThatMadeThem) {
  {
    const auto job = claim("one");
    ASSERT_TRUE(job);
    stage(*job, a_);
  }
  EXPECT_TRUE(names(root_).empty());
}

TEST_F(JobDirectories, StayWhenTheyWereThereBefore) {
  ASSERT_TRUE(fs_.create_directory(out_));
  ASSERT_TRUE(write_file(fs_, join_path(out_, "mine"), as_bytes("x")));
  {
    const auto job = claim("one");
    ASSERT_TRUE(job);
  }
  EXPECT_EQ(names(out_), std::vector<std::string>{"mine"});
}

TEST_F(JobDirectories, RefuseThePrometheusOfOthers) {
  for (const char* mark : {"wal", "lock", "chunks_head"}) {
    ASSERT_TRUE(create_directories(fs_, join_path(out_, mark)));
    const auto job = claim("one");
    ASSERT_FALSE(job) << mark;
    EXPECT_EQ(job.error().code, ErrorCode::kRefused);
    EXPECT_EQ(names(out_), std::vector<std::string>{mark});
    ASSERT_TRUE(remove_tree(fs_, out_));
  }
}

TEST_F(JobDirectories, CommitMovesEveryBlockAndKeepsNoStaging) {
  {
    auto job = claim("one");
    ASSERT_TRUE(job);
    stage(*job, a_);
    stage(*job, b_);
    ASSERT_TRUE(job->stage("summary.json", "{}"));
    ASSERT_TRUE(job->commit({move(*job, a_), move(*job, b_), job->move_to_kept("summary.json", "summary.json")}));
  }
  EXPECT_EQ(names(out_), (std::vector<std::string>{".promfill", a_.text(), b_.text()}));
  ASSERT_EQ(left().size(), 1U);
  EXPECT_TRUE(left().front().ends_with(".summary.json"));
}

TEST_F(JobDirectories, CommitRefusesANameThatIsTaken) {
  ASSERT_TRUE(create_directories(fs_, join_path(out_, b_.text())));
  auto job = claim("one");
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
  auto job = claim("one", faulty);
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
  auto job = claim("one", faulty);
  ASSERT_TRUE(job);
  stage(*job, a_);
  faulty.fail({.nth = 2, .call = FileCall::kSyncDirectory});
  ASSERT_FALSE(job->commit({move(*job, a_)}));
  EXPECT_FALSE(exists(fs_, join_path(out_, a_.text())));
}

TEST_F(JobDirectories, RefuseToPutBlocksIntoABlock) {
  ASSERT_TRUE(fs_.create_directory(out_));
  ASSERT_TRUE(write_file(fs_, join_path(out_, "meta.json"), as_bytes("{}")));
  const auto job = claim("one");
  ASSERT_FALSE(job);
  EXPECT_EQ(job.error().code, ErrorCode::kRefused);
}

TEST_F(JobDirectories, OfSeveralLevelsAreGoneAfterAFailedJob) {
  {
    const auto job = claim("one", fs_, {}, join_path(out_, "a/b/c"));
    ASSERT_TRUE(job);
  }
  EXPECT_TRUE(names(root_).empty());
}

// What a crash must find: blocks synced and the journal durable before the renames, OUT synced after them.
TEST_F(JobDirectories, CommitSyncsStagingAndJournalThenRenamesThenSyncsOut) {
  FaultyFileSystem watched(fs_);
  auto job = claim("one", watched);
  ASSERT_TRUE(job);
  stage(*job, a_);
  const std::size_t before = watched.changes().size();
  ASSERT_TRUE(job->commit({move(*job, a_)}));
  std::vector<FileCall> calls;
  const std::vector<RecordedCall> changes = watched.changes();
  for (std::size_t i = before; i < changes.size(); ++i) calls.push_back(changes[i].call);
  EXPECT_EQ(calls, (std::vector<FileCall>{FileCall::kSyncDirectory, FileCall::kAppend, FileCall::kSync,
                                          FileCall::kRename, FileCall::kSyncDirectory}));
  EXPECT_EQ(changes.back().path, out_);
}

TEST_F(JobDirectories, GoOnWithWorkOfTheSameJob) {
  const std::string name = kill_with_block("one");
  const auto job = claim("one");
  ASSERT_TRUE(job);
  ASSERT_NE(job->unfinished(), nullptr);
  EXPECT_EQ(job->staging(), join_path(out_, ".promfill/" + name));
  EXPECT_EQ(job->created(), Timestamp{1'700'000'000'001}) << "resume keeps the first start";
  EXPECT_EQ(job->unfinished()->windows, (std::vector<JournaledWindow>{{7, a_, 100, {3, {2, 1}, 4}}}));
  EXPECT_EQ(names(job->staging()), (std::vector<std::string>{a_.text(), "journal-2"}));
}

TEST_F(JobDirectories, GoOnAfterAProcessThatDiedBeforeItsJournalCounted) {
  const std::string staging = join_path(out_, ".promfill/" + kill_with_block("one"));
  for (const char* name : {"run-2-series", "rejects-2.jsonl", "journal-2"}) {
    ASSERT_TRUE(write_file(fs_, join_path(staging, name), as_bytes("half")));
  }
  const auto job = claim("one");
  ASSERT_TRUE(job) << job.error().text();
  ASSERT_NE(job->unfinished(), nullptr);
  EXPECT_EQ(names(staging), (std::vector<std::string>{a_.text(), "journal-2"}));
}

TEST_F(JobDirectories, KeepEarlierWorkUntilTheyHaveAJournal) {
  const std::string name = kill_with_block("one");
  {
    const auto job = JobDirectory::claim(fs_, out_, fingerprint("one"), {});
    ASSERT_TRUE(job);
  }
  EXPECT_EQ(names(join_path(out_, ".promfill/" + name)), (std::vector<std::string>{a_.text(), "journal-1"}));
}

TEST_F(JobDirectories, LeaveUnfinishedWorkOfOthersAndSayWhatDiffers) {
  const std::string name = kill_with_block("one");
  {
    const auto other = claim("two");
    ASSERT_TRUE(other);
    EXPECT_EQ(other->unfinished(), nullptr);
    ASSERT_EQ(other->notes().size(), 1U);
    EXPECT_NE(other->notes().front().find("column two was added"), std::string::npos) << other->notes().front();
  }
  EXPECT_EQ(left(), std::vector<std::string>{name});
  const auto required = claim("two", fs_, {.now = {}, .created = {}, .resume = ResumePolicy::kRequire});
  ASSERT_FALSE(required);
  EXPECT_EQ(required.error().code, ErrorCode::kRefused);
  EXPECT_NE(required.error().message.find("column two was added"), std::string::npos) << required.error().text();
  const auto dated = claim("one", fs_, {.now = {}, .created = Timestamp{5}, .resume = ResumePolicy::kRequire});
  ASSERT_FALSE(dated);
  EXPECT_NE(dated.error().message.find("--created-at"), std::string::npos) << dated.error().text();
}

TEST_F(JobDirectories, RemoveUnfinishedWorkWhenTold) {
  kill_with_block("one");
  {
    const auto job = claim("two", fs_, {.now = {}, .created = {}, .resume = ResumePolicy::kNever});
    ASSERT_TRUE(job);
  }
  EXPECT_TRUE(left().empty());
}

TEST_F(JobDirectories, RemoveWhatIsOfNoUseAndNothingOfOthers) {
  ASSERT_TRUE(create_directories(fs_, join_path(out_, ".promfill/notes")));
  ASSERT_TRUE(create_directories(fs_, join_path(out_, ".promfill/" + b_.text())));  // killed before its journal
  {
    auto job = claim("one");
    ASSERT_TRUE(job);
    job->keep();  // killed with nothing done
  }
  ASSERT_EQ(left().size(), 2U);
  {
    const auto job = claim("two");
    ASSERT_TRUE(job);
    EXPECT_TRUE(job->notes().empty());
  }
  EXPECT_EQ(left(), std::vector<std::string>{"notes"});
}

TEST_F(JobDirectories, KnowAJobThatIsFinished) {
  {
    auto job = claim("one");
    ASSERT_TRUE(job);
    stage(*job, a_);
    const FinishedJob manifest{"", job->created(), fingerprint("one").identity(), {a_}};
    ASSERT_TRUE(job->stage("manifest.json", manifest.to_json()));
    ASSERT_TRUE(job->commit({move(*job, a_), job->move_to_kept("manifest.json", "manifest.json")}));
  }
  const std::vector<std::string> before = left();
  for (const std::string input : {"one", "two"}) {
    const auto job = claim(input);
    ASSERT_TRUE(job);
    EXPECT_EQ(job->finished().has_value(), input == "one");
    EXPECT_TRUE(!job->finished() || job->finished()->blocks == std::vector<Ulid>{a_});
  }
  EXPECT_EQ(left(), before);
}

// Dies at every call of commit() in turn, then the next job comes, of another input.
TEST_F(JobDirectories, ACommitCutShortIsAllOrNothing) {
  int completed = 0;
  int undone = 0;
  for (std::uint64_t nth = 1; completed == 0 || undone == 0 || nth < 12; ++nth) {
    ASSERT_LT(nth, 40U);
    ASSERT_TRUE(remove_tree(fs_, out_));
    ASSERT_TRUE(fs_.create_directory(out_));
    FaultyFileSystem dying(fs_);
    bool committed = false;
    {
      auto job = claim("one", dying);
      ASSERT_TRUE(job);
      stage(*job, a_);
      stage(*job, b_);
      dying.fail({.nth = nth, .lasting = true});
      committed = job->commit({move(*job, a_), move(*job, b_)}).has_value();
    }
    {
      const auto next = claim("two");
      ASSERT_TRUE(next) << next.error().text();
    }
    const bool has_a = exists(fs_, join_path(out_, a_.text()));
    const bool has_b = exists(fs_, join_path(out_, b_.text()));
    EXPECT_EQ(has_a, has_b) << "dead at call " << nth;
    EXPECT_TRUE(has_a || !committed);
    ++(has_a ? completed : undone);
    EXPECT_TRUE(left().empty()) << "dead at call " << nth;
  }
}

TEST_F(JobDirectories, ACommitThatFailsGoesBackEvenIfItDiesThen) {
  for (std::uint64_t nth = 1; nth < 8; ++nth) {
    ASSERT_TRUE(remove_tree(fs_, out_));
    ASSERT_TRUE(fs_.create_directory(out_));
    // The second rename fails, the abandon is journaled, and the process dies on its way back.
    FaultyFileSystem dying(fs_);
    std::string staging;
    {
      auto job = claim("one", dying);
      ASSERT_TRUE(job);
      stage(*job, a_);
      stage(*job, b_);
      ASSERT_TRUE(job->journal().commit({move(*job, a_), move(*job, b_)}));
      ASSERT_TRUE(fs_.rename(job->staged(a_), join_path(out_, a_.text())));
      ASSERT_TRUE(job->journal().abandon());
      job->keep();
    }
    dying.fail({.nth = nth, .lasting = true});
    (void)claim("two", dying);
    const auto next = claim("three");
    ASSERT_TRUE(next) << next.error().text();
    EXPECT_FALSE(exists(fs_, join_path(out_, a_.text())));
  }
}

TEST_F(JobDirectories, WorkOnAFileSystemThatEndsAtTheirOutput) {
  BeneathFileSystem fs(std::span(&out_, 1), Outside::kReached);
  for (const bool commits : {false, true}) {
    auto job = claim("one", fs);
    ASSERT_TRUE(job) << job.error().text();
    stage(*job, a_);
    if (!commits) continue;  // gone with all that it made
    const Status committed = job->commit({move(*job, a_)});
    ASSERT_TRUE(committed) << committed.error().text();
    EXPECT_EQ(names(out_), (std::vector<std::string>{".promfill", a_.text()}));
  }
}

/// Where others may write to OUT, a link there must not choose what of ours elsewhere is written or removed.
TEST_F(JobDirectories, FollowNoLinkThatSomebodyPutThere) {
  const std::string outside = join_path(root_, "outside");
  const std::string precious = join_path(outside, "precious");
  struct Trap {
    std::string name;  // in OUT
    std::string target;
    ErrorCode code;  // of the job
  };
  const std::vector<Trap> traps{{".promfill", outside, ErrorCode::kAlreadyExists},
                                {".promfill", join_path(root_, "none"), ErrorCode::kAlreadyExists},
                                {".promfill/lock", precious, ErrorCode::kRefused},
                                {".promfill/lock", join_path(outside, "new"), ErrorCode::kRefused},
                                {a_.text(), outside, ErrorCode::kAlreadyExists},
                                {a_.text(), join_path(root_, "none"), ErrorCode::kAlreadyExists}};
  ASSERT_TRUE(create_directories(fs_, outside));
  ASSERT_TRUE(write_file(fs_, precious, as_bytes("precious")));
  for (const Trap& trap : traps) {
    ASSERT_TRUE(create_directories(fs_, trap.name.starts_with(".promfill/") ? out_ + "/.promfill" : out_));
    ASSERT_EQ(::symlink(trap.target.c_str(), join_path(out_, trap.name).c_str()), 0);
    BeneathFileSystem fs(std::span(&out_, 1), Outside::kReached);
    {
      auto job = claim("one", fs);
      Status status = job ? Status() : Status(job.error());
      if (status) {
        stage(*job, a_);
        status = job->commit({move(*job, a_)});
      }
      ASSERT_FALSE(status) << trap.name;
      EXPECT_EQ(status.error().code, trap.code) << trap.name << " " << status.error().text();
    }
    EXPECT_EQ(names(outside), (std::vector<std::string>{"precious"})) << trap.name;
    EXPECT_EQ(as_text(read_file(fs_, precious, 100).value()), "precious") << trap.name;
    EXPECT_FALSE(exists(fs_, join_path(root_, "none"))) << trap.name;
    ASSERT_TRUE(remove_tree(fs_, out_));
  }
}

/// While the job runs, its folder is moved away and a link to somebody's directory takes its place.
TEST_F(JobDirectories, FollowNoLinkThatTakesTheirPlace) {
  const std::string outside = join_path(root_, "outside");
  BeneathFileSystem fs(std::span(&out_, 1), Outside::kReached);
  auto job = claim("one", fs);
  ASSERT_TRUE(job) << job.error().text();
  stage(*job, a_);
  const std::string name = job->staging().substr(job->staging().find_last_of('/') + 1);
  ASSERT_TRUE(create_directories(fs_, join_path(outside, name)));
  ASSERT_TRUE(write_file(fs_, join_path(outside, name + "/precious"), as_bytes("precious")));
  ASSERT_TRUE(fs_.rename(out_ + "/.promfill", root_ + "/moved"));
  ASSERT_EQ(::symlink(outside.c_str(), (out_ + "/.promfill").c_str()), 0);
  EXPECT_FALSE(job->commit({move(*job, a_)}));
  {
    const JobDirectory dropped = std::move(*job);
  }
  EXPECT_EQ(names(join_path(outside, name)), (std::vector<std::string>{"precious"}));
  EXPECT_EQ(names(out_), (std::vector<std::string>{".promfill"}));
}

}  // namespace
}  // namespace promfill
