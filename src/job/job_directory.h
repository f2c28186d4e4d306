// The job's folder, OUT/.promfill: lock, staging of blocks and rejects, and the commit that makes them visible at once.
//
//   OUT/.promfill/lock                       held while a job runs
//   OUT/.promfill/<job>/<ULID>/              blocks, complete and synced, before their rename
//   OUT/.promfill/<job>/rejects.jsonl        moved to its final name by the commit
//   OUT/.promfill/<job>.rejects.jsonl, <job>.summary.json    of finished jobs
//
// The folder lies on OUT's file system so that a rename is atomic; Prometheus ignores it. Staging that a killed job
// left behind is removed by the next one, under the lock.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "block/ulid.h"
#include "file/file_system.h"

namespace promfill {

class JobDirectory {
 public:
  /// Make OUT where absent, lock it, and make the job's staging folder.
  /// @param job  name of the job, unique to its inputs and options.
  /// @error kRefused  OUT is a Prometheus's data directory, or another job runs on it; kPermission, kNoSpace, kIo.
  static Result<JobDirectory> claim(FileSystem& fs, const std::string& out, const std::string& job);
  JobDirectory(JobDirectory&& other) noexcept;
  JobDirectory& operator=(JobDirectory&& other) = delete;
  /// Remove the staging, and unless committed whatever directory this job made.
  ~JobDirectory();

  [[nodiscard]] const std::string& out() const { return out_; }
  [[nodiscard]] std::string staged(const Ulid& ulid) const { return join_path(staging_, ulid.text()); }
  /// Where what is needed only while the job runs goes: a folder of its own in `directory`, which is made where absent;
  /// the job's staging if that is empty. Removed with the job.
  Status use_scratch(const std::string& directory);
  [[nodiscard]] const std::string& scratch() const { return scratch_; }
  [[nodiscard]] std::string staged_rejects() const { return join_path(staging_, "rejects.jsonl"); }
  /// OUT/.promfill/<job>.<kind>: what stays of a finished job.
  [[nodiscard]] std::string kept(const std::string& kind) const;

  /// Write a small file into the staging, to be moved by the commit. @return where.
  Result<std::string> stage(const std::string& name, const std::string& text);

  /// A staged file or directory and the name it is to get.
  struct Move {
    std::string from;
    std::string to;
  };
  /// Move everything, in this order, and make it durable. On an error nothing is moved.
  /// @error kAlreadyExists  one of the names is taken.
  Status commit(const std::vector<Move>& moves);

 private:
  JobDirectory(FileSystem& fs, std::string out, std::string job);
  Status prepare();
  Status make_directories();
  Status sync_parents(const std::vector<Move>& moves);

  FileSystem* fs_;
  std::string out_;
  std::string job_;
  std::string folder_;                     // OUT/.promfill
  std::string staging_;                    // OUT/.promfill/<job>
  std::string scratch_;                    // staging_, or a folder elsewhere
  std::vector<std::string> made_;          // directories that weren't there, parents first: OUT, its parents, .promfill
  std::vector<std::string> scratch_made_;  // for scratch_, parents first
  std::unique_ptr<FileLock> lock_;
  bool committed_ = false;
};

}  // namespace promfill
