// The job's folder, OUT/.promfill: lock, staging of blocks and rejects, journal, and the commit that makes them visible
// at once.
//
//   OUT/.promfill/lock                       held while a job runs
//   OUT/.promfill/<job>/journal-<n>          what the job has done so far; n grows with every process that goes on
//   OUT/.promfill/<job>/<ULID>/              blocks, complete and verified, before their rename
//   OUT/.promfill/<job>/run-<n>-<k>          what memory didn't hold, or a checkpoint wrote
//   OUT/.promfill/<job>/rejects-<n>.jsonl    moved or copied to its final name by the commit
//   OUT/.promfill/<job>.manifest.json, <job>.summary.json, <job>.rejects.jsonl      of finished jobs
//   OUT/.promfill/<job>.metadata.json, metadata.json      what they and all said of their metrics (metadata.h)
//
// The folder lies on OUT's file system so that a rename is atomic; Prometheus ignores it. A job that fails leaves
// nothing; one that is stopped or killed leaves its folder, and the same job goes on from there (recovery.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "file/file_system.h"
#include "job/fingerprint.h"
#include "job/journal.h"
#include "job/recovery.h"
#include "promfill/block.h"

namespace promfill {

struct ClaimOptions {
  Timestamp now;                     ///< the start of a job that begins
  std::optional<Timestamp> created;  ///< its start as asked for
  ResumePolicy resume = ResumePolicy::kAuto;
  std::string scratch{};  ///< directory for what is needed only while the job runs; empty: the staging
};

class JobDirectory {
 public:
  /// Make OUT where absent, lock it, end what was cut short there, and make or find the job's staging folder.
  /// @error kRefused  OUT is a Prometheus's data directory, or another job runs on it; nothing to resume where that is
  ///        required; kPermission, kNoSpace, kIo.
  static Result<JobDirectory> claim(FileSystem& fs, const std::string& out, const Fingerprint& fingerprint,
                                    const ClaimOptions& options);
  JobDirectory(JobDirectory&& other) noexcept;
  JobDirectory& operator=(JobDirectory&& other) = delete;
  /// Remove the staging, and unless committed whatever directory this job made. Not where keep() was called.
  ~JobDirectory();

  [[nodiscard]] const std::string& out() const { return out_; }
  /// The job's start: of the first process that worked on it.
  [[nodiscard]] Timestamp created() const { return created_; }
  /// The same job, finished before. There is no staging then.
  [[nodiscard]] const std::optional<FinishedJob>& finished() const { return finished_; }
  /// What an earlier process did of this job, to be verified.
  [[nodiscard]] const JournalContents* unfinished() const { return unfinished_ ? &unfinished_->journal : nullptr; }
  /// What was found and done on the way, for people.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

  [[nodiscard]] const std::string& staging() const { return staging_; }
  [[nodiscard]] std::string staged(const Ulid& ulid) const { return join_path(staging_, ulid.text()); }
  [[nodiscard]] const std::string& scratch() const { return scratch_; }
  [[nodiscard]] std::string rejects_name() const { return "rejects-" + std::to_string(journal_number_) + ".jsonl"; }
  /// Different in every process that works on the job.
  [[nodiscard]] std::string run_prefix() const { return "run-" + std::to_string(journal_number_) + "-"; }
  /// OUT/.promfill/<job>.<kind>: what stays of a finished job.
  [[nodiscard]] std::string kept(const std::string& kind) const;

  /// Begin the journal with what is relied on of earlier work; whatever else is in staging and scratch goes.
  /// @param windows, checkpoint  of unfinished(), as far as they were verified.
  Status begin(const std::vector<JournaledWindow>& windows, const std::optional<Checkpoint>& checkpoint);
  /// After begin().
  [[nodiscard]] Journal& journal() { return *journal_; }
  /// Leave the staging to the next process.
  void keep() { kept_ = true; }
  /// Whether there is a block or a checkpoint in it that another process could use.
  [[nodiscard]] bool has_work() const { return journal_ && journal_->has_work(); }

  /// Write a small file into the staging, to be moved by the commit.
  Status stage(const std::string& name, const std::string& text);
  /// Where a move by commit() leads.
  [[nodiscard]] Move move_of_block(const Ulid& ulid) const { return {ulid.text(), ulid.text()}; }
  [[nodiscard]] Move move_to_kept(const std::string& name, const std::string& kind) const;

  /// Move everything, in this order, and make it durable. From the moment that the journal has it, the job will be
  /// completed even if this process dies. On an error nothing is moved.
  /// @error kAlreadyExists  one of the names is taken.
  Status commit(const std::vector<Move>& moves);

 private:
  JobDirectory(FileSystem& fs, std::string out);
  Status prepare(const Fingerprint& fingerprint, const ClaimOptions& options);
  Status take_over(Leftovers leftovers, const Fingerprint& fingerprint, const ClaimOptions& options);
  Status use_scratch(const std::string& directory);
  Status remove_own();
  Status remove_all_but(const std::string& directory, const std::vector<std::string>& names);

  FileSystem* fs_;
  std::string out_;
  std::string folder_;  // OUT/.promfill
  std::string job_;
  std::string staging_;                    // OUT/.promfill/<job>
  std::string scratch_;                    // staging_, or a folder elsewhere
  std::vector<std::string> made_;          // directories that weren't there, parents first: OUT, its parents, .promfill
  std::vector<std::string> scratch_made_;  // for scratch_, parents first
  std::unique_ptr<FileLock> lock_;
  Timestamp created_;
  JobIdentity identity_;
  std::optional<UnfinishedJob> unfinished_;
  std::optional<FinishedJob> finished_;
  std::vector<std::string> notes_;
  std::uint64_t journal_number_ = 1;
  std::optional<Journal> journal_;
  bool committed_ = false;
  bool kept_ = false;
};

}  // namespace promfill
