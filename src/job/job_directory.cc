// See job_directory.h.
#include "job/job_directory.h"

#include <filesystem>
#include <set>
#include <utility>

namespace promfill {
namespace {

constexpr std::string_view kFolder = ".promfill";

std::string parent_of(const std::string& path) {
  std::string parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent;
}

/// A data directory that a Prometheus uses or used: writing beside its head would endanger it. And no block is a place
/// for blocks.
Status refuse_foreign(FileSystem& fs, const std::string& out) {
  if (exists(fs, join_path(out, "meta.json"))) {
    return Error{ErrorCode::kRefused, "is itself a block", out, "name the directory that holds it, or a new one"};
  }
  for (const std::string_view mark : {"wal", "lock", "chunks_head"}) {
    if (!exists(fs, join_path(out, mark))) continue;
    return Error{
        ErrorCode::kRefused, "is the data directory of a Prometheus (it has '" + std::string(mark) + "')", out,
        "write to a directory of its own; with Prometheus stopped, finished blocks can be moved in from there"};
  }
  return {};
}

}  // namespace

JobDirectory::JobDirectory(FileSystem& fs, std::string out, std::string job)
    : fs_(&fs),
      out_(std::move(out)),
      job_(std::move(job)),
      folder_(join_path(out_, kFolder)),
      staging_(join_path(folder_, job_)),
      scratch_(staging_) {}

JobDirectory::JobDirectory(JobDirectory&& other) noexcept
    : fs_(other.fs_),
      out_(std::move(other.out_)),
      job_(std::move(other.job_)),
      folder_(std::move(other.folder_)),
      staging_(std::move(other.staging_)),
      scratch_(std::move(other.scratch_)),
      made_(std::exchange(other.made_, {})),
      scratch_made_(std::exchange(other.scratch_made_, {})),
      lock_(std::move(other.lock_)),
      committed_(other.committed_) {}

Result<JobDirectory> JobDirectory::claim(FileSystem& fs, const std::string& out, const std::string& job) {
  JobDirectory directory(fs, out, job);
  PROMFILL_TRY_STATUS(directory.prepare());
  return directory;
}

Status JobDirectory::prepare() {
  if (exists(*fs_, out_)) PROMFILL_TRY_STATUS(refuse_foreign(*fs_, out_));
  PROMFILL_TRY_STATUS(make_directories());
  PROMFILL_TRY(lock_, fs_->lock(join_path(folder_, "lock")));
  PROMFILL_TRY(const std::vector<DirectoryEntry> entries, fs_->list(folder_));
  for (const DirectoryEntry& entry : entries) {  // under the lock: no running job owns these
    if (entry.kind == FileKind::kDirectory) PROMFILL_TRY_STATUS(remove_tree(*fs_, join_path(folder_, entry.name)));
  }
  PROMFILL_TRY_STATUS(fs_->create_directory(staging_));
  return fs_->sync_directory(folder_);
}

Status JobDirectory::make_directories() {
  PROMFILL_TRY(made_, create_directories(*fs_, out_));
  PROMFILL_TRY(const std::vector<std::string> folder, create_directories(*fs_, folder_));
  made_.insert(made_.end(), folder.begin(), folder.end());
  return {};
}

Status JobDirectory::use_scratch(const std::string& directory) {
  if (directory.empty()) return {};
  PROMFILL_TRY(scratch_made_, create_directories(*fs_, directory));
  const std::string scratch = join_path(directory, "promfill-" + job_);
  PROMFILL_TRY_STATUS(remove_tree(*fs_, scratch));  // of this very job, killed before
  PROMFILL_TRY_STATUS(fs_->create_directory(scratch));
  scratch_ = scratch;
  return {};
}

JobDirectory::~JobDirectory() {
  if (lock_ != nullptr && scratch_ != staging_) (void)remove_tree(*fs_, scratch_);
  for (; !scratch_made_.empty(); scratch_made_.pop_back()) (void)fs_->remove_empty_directory(scratch_made_.back());
  if (lock_ != nullptr) (void)remove_tree(*fs_, staging_);  // without the lock the staging may be another job's
  if (committed_) return;
  // The lock file goes while it is still locked: who waits for it must find that it has no name any more.
  if (lock_ != nullptr && !made_.empty()) (void)fs_->remove_file(join_path(folder_, "lock"));
  for (; !made_.empty(); made_.pop_back()) (void)fs_->remove_empty_directory(made_.back());
}

std::string JobDirectory::kept(const std::string& kind) const { return join_path(folder_, job_ + "." + kind); }

Result<std::string> JobDirectory::stage(const std::string& name, const std::string& text) {
  std::string path = join_path(staging_, name);
  PROMFILL_TRY_STATUS(write_file(*fs_, path, as_bytes(text)));
  return path;
}

Status JobDirectory::commit(const std::vector<Move>& moves) {
  for (const Move& move : moves) {
    if (!exists(*fs_, move.to)) continue;
    return Error{ErrorCode::kAlreadyExists, "there is something of this name", move.to,
                 "the same input was imported with the same --created-at before; nothing was changed"};
  }
  PROMFILL_TRY_STATUS(fs_->sync_directory(staging_));
  std::size_t moved = 0;
  Status status;
  while (status && moved < moves.size()) {
    status = fs_->rename(moves[moved].from, moves[moved].to);
    if (status) ++moved;
  }
  if (status) status = sync_parents(moves);
  if (status) {
    committed_ = true;
    return {};
  }
  while (moved > 0) {  // take back what was moved: nothing may be half there
    --moved;
    (void)fs_->rename(moves[moved].to, moves[moved].from);
  }
  return status;
}

Status JobDirectory::sync_parents(const std::vector<Move>& moves) {
  std::set<std::string> parents;
  for (const Move& move : moves) parents.insert(parent_of(move.to));
  for (const std::string& parent : parents) PROMFILL_TRY_STATUS(fs_->sync_directory(parent));
  return {};
}

}  // namespace promfill
