// See job_directory.h.
#include "job/job_directory.h"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace promfill {
namespace {

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

JobDirectory::JobDirectory(FileSystem& fs, std::string out)
    : fs_(&fs), out_(std::move(out)), folder_(job_folder(out_)) {}

JobDirectory::JobDirectory(JobDirectory&& other) noexcept
    : fs_(other.fs_),
      out_(std::move(other.out_)),
      folder_(std::move(other.folder_)),
      job_(std::move(other.job_)),
      staging_(std::move(other.staging_)),
      scratch_(std::move(other.scratch_)),
      made_(std::exchange(other.made_, {})),
      scratch_made_(std::exchange(other.scratch_made_, {})),
      lock_(std::move(other.lock_)),
      created_(other.created_),
      identity_(std::move(other.identity_)),
      unfinished_(std::move(other.unfinished_)),
      finished_(std::move(other.finished_)),
      notes_(std::move(other.notes_)),
      journal_number_(other.journal_number_),
      journal_(std::move(other.journal_)),
      committed_(other.committed_),
      kept_(other.kept_) {}

Result<JobDirectory> JobDirectory::claim(FileSystem& fs, const std::string& out, const Fingerprint& fingerprint,
                                         const ClaimOptions& options) {
  JobDirectory directory(fs, out);
  PROMFILL_TRY_STATUS(directory.prepare(fingerprint, options));
  return directory;
}

Status JobDirectory::prepare(const Fingerprint& fingerprint, const ClaimOptions& options) {
  if (exists(*fs_, out_)) PROMFILL_TRY_STATUS(refuse_foreign(*fs_, out_));
  PROMFILL_TRY(made_, create_directories(*fs_, out_));
  PROMFILL_TRY(const std::vector<std::string> folder, create_directories(*fs_, folder_));
  made_.insert(made_.end(), folder.begin(), folder.end());
  PROMFILL_TRY(lock_, fs_->lock(join_path(folder_, "lock")));
  identity_ = fingerprint.identity();
  PROMFILL_TRY(Leftovers leftovers,
               recover(*fs_, out_, {&identity_, options.created, options.resume, fingerprint.is_of_files()}));
  return take_over(std::move(leftovers), fingerprint, options);
}

Status JobDirectory::take_over(Leftovers leftovers, const Fingerprint& fingerprint, const ClaimOptions& options) {
  notes_ = std::move(leftovers.notes);
  finished_ = std::move(leftovers.finished);
  if (finished_) {
    job_ = finished_->name;
    committed_ = true;  // the folder is the finished job's
    return {};
  }
  unfinished_ = std::move(leftovers.unfinished);
  if (unfinished_) {
    job_ = unfinished_->name;
    created_ = unfinished_->journal.created;
    journal_number_ = unfinished_->journal_number + 1;
    staging_ = join_path(folder_, job_);
    scratch_ = unfinished_->journal.scratch.empty() ? staging_ : unfinished_->journal.scratch;
    kept_ = true;  // until this process has a journal of its own
    PROMFILL_TRY(scratch_made_, create_directories(*fs_, scratch_));
    return remove_own();
  }
  created_ = options.created.value_or(options.now);
  job_ = fingerprint.job_name(created_);
  staging_ = join_path(folder_, job_);
  scratch_ = staging_;
  PROMFILL_TRY_STATUS(fs_->create_directory(staging_));
  PROMFILL_TRY_STATUS(fs_->sync_directory(folder_));
  return use_scratch(options.scratch);
}

Status JobDirectory::use_scratch(const std::string& directory) {
  if (directory.empty()) return {};
  PROMFILL_TRY(scratch_made_, create_directories(*fs_, directory));
  const std::string scratch = join_path(directory, "promfill-" + job_);
  PROMFILL_TRY_STATUS(remove_tree(*fs_, scratch));  // of this very job, killed before it had a journal
  PROMFILL_TRY_STATUS(fs_->create_directory(scratch));
  scratch_ = scratch;
  return {};
}

JobDirectory::~JobDirectory() {
  journal_.reset();
  if (kept_) return;
  if (lock_ != nullptr && !scratch_.empty() && scratch_ != staging_) (void)remove_tree(*fs_, scratch_);
  for (; !scratch_made_.empty(); scratch_made_.pop_back()) (void)fs_->remove_empty_directory(scratch_made_.back());
  // Without the lock the staging may be another job's.
  if (lock_ != nullptr && !staging_.empty()) (void)remove_tree(*fs_, staging_);
  if (committed_) return;
  // The lock file goes while it is still locked: who waits for it must find that it has no name any more.
  if (lock_ != nullptr && !made_.empty()) (void)fs_->remove_file(join_path(folder_, "lock"));
  for (; !made_.empty(); made_.pop_back()) (void)fs_->remove_empty_directory(made_.back());
}

std::string JobDirectory::kept(const std::string& kind) const { return join_path(folder_, job_ + "." + kind); }

Status JobDirectory::begin(const std::vector<JournaledWindow>& windows, const std::optional<Checkpoint>& checkpoint) {
  const std::string scratch = scratch_ == staging_ ? "" : std::filesystem::absolute(scratch_).string();
  PROMFILL_TRY(journal_, Journal::create(*fs_, join_path(staging_, journal_name(journal_number_)),
                                         {.created = created_,
                                          .identity = identity_,
                                          .scratch = scratch,
                                          .windows = windows,
                                          .checkpoint = checkpoint,
                                          .moves = {}}));
  std::vector<std::string> needed = {journal_name(journal_number_), rejects_name()};
  for (const JournaledWindow& window : windows) needed.push_back(window.ulid.text());
  if (checkpoint) needed.insert(needed.end(), checkpoint->runs.begin(), checkpoint->runs.end());
  PROMFILL_TRY_STATUS(remove_all_but(staging_, needed));
  if (scratch_ != staging_) PROMFILL_TRY_STATUS(remove_all_but(scratch_, needed));
  kept_ = false;
  return {};
}

/// What a process of the same number left that died before its journal counted.
Status JobDirectory::remove_own() {
  for (const std::string& directory : {staging_, scratch_}) {
    PROMFILL_TRY(const std::vector<DirectoryEntry> entries, fs_->list(directory));
    for (const DirectoryEntry& entry : entries) {
      const bool own = entry.name.starts_with(run_prefix()) || entry.name == rejects_name() ||
                       entry.name == journal_name(journal_number_);
      if (own) PROMFILL_TRY_STATUS(remove_tree(*fs_, join_path(directory, entry.name)));
    }
  }
  return {};
}

Status JobDirectory::remove_all_but(const std::string& directory, const std::vector<std::string>& names) {
  PROMFILL_TRY(const std::vector<DirectoryEntry> entries, fs_->list(directory));
  for (const DirectoryEntry& entry : entries) {
    if (std::find(names.begin(), names.end(), entry.name) != names.end()) continue;
    if (entry.name.starts_with(run_prefix())) continue;  // this process's own
    PROMFILL_TRY_STATUS(remove_tree(*fs_, join_path(directory, entry.name)));
  }
  return {};
}

Status JobDirectory::stage(const std::string& name, const std::string& text) {
  PROMFILL_TRY_STATUS(remove_tree(*fs_, join_path(staging_, name)));  // of a commit that didn't begin
  return write_file(*fs_, join_path(staging_, name), as_bytes(text));
}

Move JobDirectory::move_to_kept(const std::string& name, const std::string& kind) const {
  return {name, ".promfill/" + job_ + "." + kind};
}

Status JobDirectory::commit(const std::vector<Move>& moves) {
  for (const Move& move : moves) {
    const std::string to = move.to.front() == '/' ? move.to : join_path(out_, move.to);
    if (!exists(*fs_, to)) continue;
    return Error{ErrorCode::kAlreadyExists, "there is something of this name", to,
                 "the same input was imported with the same --created-at before; nothing was changed"};
  }
  PROMFILL_TRY_STATUS(fs_->sync_directory(staging_));
  PROMFILL_TRY_STATUS(journal_->commit(moves));
  Status status = move_all(*fs_, out_, staging_, moves);
  if (status) {
    committed_ = true;
    return {};
  }
  // Nothing may be half there. Where even that fails, the next process ends the way that the journal says.
  const Status abandoned = journal_->abandon();
  const Status back = move_back(*fs_, out_, staging_, moves);
  if (!abandoned || !back) keep();
  return status;
}

}  // namespace promfill
