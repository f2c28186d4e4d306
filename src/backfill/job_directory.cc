// See job_directory.h.
#include "backfill/job_directory.h"

#include <algorithm>
#include <utility>

namespace promfill {
namespace {

constexpr std::string_view kFolder = ".promfill";

/// A data directory that a Prometheus uses or used: writing beside its head is publish's business.
Status refuse_live_prometheus(FileSystem& fs, const std::string& out) {
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
      staging_(join_path(folder_, job_)) {}

JobDirectory::JobDirectory(JobDirectory&& other) noexcept
    : fs_(other.fs_),
      out_(std::move(other.out_)),
      job_(std::move(other.job_)),
      folder_(std::move(other.folder_)),
      staging_(std::move(other.staging_)),
      made_out_(std::exchange(other.made_out_, false)),
      made_folder_(std::exchange(other.made_folder_, false)),
      lock_(std::move(other.lock_)),
      committed_(other.committed_) {}

Result<JobDirectory> JobDirectory::claim(FileSystem& fs, const std::string& out, const std::string& job) {
  JobDirectory directory(fs, out, job);
  PROMFILL_TRY_STATUS(directory.prepare());
  return directory;
}

Status JobDirectory::prepare() {
  if (exists(*fs_, out_)) {
    PROMFILL_TRY_STATUS(refuse_live_prometheus(*fs_, out_));
  } else {
    PROMFILL_TRY_STATUS(create_directories(*fs_, out_));
    made_out_ = true;
  }
  if (!exists(*fs_, folder_)) {
    PROMFILL_TRY_STATUS(fs_->create_directory(folder_));
    made_folder_ = true;
    PROMFILL_TRY_STATUS(fs_->sync_directory(out_));
  }
  PROMFILL_TRY(lock_, fs_->lock(join_path(folder_, "lock")));
  PROMFILL_TRY(const std::vector<DirectoryEntry> entries, fs_->list(folder_));
  for (const DirectoryEntry& entry : entries) {  // under the lock: no running job owns these
    if (entry.kind == FileKind::kDirectory) PROMFILL_TRY_STATUS(remove_tree(*fs_, join_path(folder_, entry.name)));
  }
  PROMFILL_TRY_STATUS(fs_->create_directory(staging_));
  return fs_->sync_directory(folder_);
}

JobDirectory::~JobDirectory() {
  if (lock_ != nullptr) (void)remove_tree(*fs_, staging_);  // without the lock the staging may be another job's
  if (committed_) return;
  const bool locked = lock_ != nullptr;
  lock_.reset();
  if (made_folder_) {
    if (locked) (void)fs_->remove_file(join_path(folder_, "lock"));
    (void)fs_->remove_empty_directory(folder_);
  }
  if (made_out_) (void)fs_->remove_empty_directory(out_);
}

std::string JobDirectory::kept(const std::string& kind) const { return join_path(folder_, job_ + "." + kind); }

Status JobDirectory::keep(const std::string& kind, const std::string& text) {
  if (exists(*fs_, kept(kind))) PROMFILL_TRY_STATUS(fs_->remove_file(kept(kind)));
  return write_file(*fs_, kept(kind), as_bytes(text));
}

Status JobDirectory::commit(const std::vector<Ulid>& blocks) {
  for (const Ulid& ulid : blocks) {
    if (!exists(*fs_, join_path(out_, ulid.text()))) continue;
    return Error{ErrorCode::kAlreadyExists, "there is a block of this name", join_path(out_, ulid.text()),
                 "the same input was imported with the same --created-at before; nothing was changed"};
  }
  PROMFILL_TRY_STATUS(fs_->sync_directory(staging_));
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const Status moved = fs_->rename(staged(blocks[i]), join_path(out_, blocks[i].text()));
    if (moved) continue;
    for (std::size_t done = 0; done < i; ++done) {  // take back what was moved: nothing may be half there
      (void)fs_->rename(join_path(out_, blocks[done].text()), staged(blocks[done]));
    }
    return moved;
  }
  committed_ = true;
  return fs_->sync_directory(out_);
}

}  // namespace promfill
