// See recovery.h.
#include "job/recovery.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "job/metadata.h"

namespace promfill {
namespace {

constexpr std::string_view kFolder = ".promfill";
constexpr std::string_view kJournal = "journal-";
constexpr std::string_view kManifest = ".manifest.json";
constexpr std::uint64_t kJournalBytesMax = 1ULL << 30;
constexpr std::uint64_t kManifestBytesMax = 64 << 20;

std::string target_of(const std::string& out, const Move& move) {
  return move.to.front() == '/' ? move.to : join_path(out, move.to);
}

/// A file that goes elsewhere was copied beside its name: a rename doesn't leave a file system.
std::string source_of(const std::string& staging, const Move& move) {
  return move.to.front() == '/' ? move.to + std::string(kUnfinished) : join_path(staging, move.from);
}

Status sync_parents(FileSystem& fs, const std::string& out, const std::vector<Move>& moves) {
  std::set<std::string> parents;
  for (const Move& move : moves) {
    const std::string parent = std::filesystem::path(target_of(out, move)).parent_path();
    parents.insert(parent.empty() ? "." : parent);
  }
  for (const std::string& parent : parents) PROMFILL_TRY_STATUS(fs.sync_directory(parent));
  return {};
}

/// Names are read from a file: nothing but what a commit writes may be moved by it.
bool is_plausible(const Move& move) {
  if (move.to.empty() || move.from.empty() || move.from.find('/') != std::string::npos || move.from.front() == '.')
    return false;
  if (Ulid::parse(move.to)) return move.from == move.to;
  const std::string_view to = move.to;
  const bool kept = to.starts_with(".promfill/") && to.find('/', kFolder.size() + 1) == std::string_view::npos;
  return kept || (to.starts_with('/') && move.from.starts_with("rejects-"));
}

std::optional<std::uint64_t> journal_number(std::string_view name) {
  if (!name.starts_with(kJournal)) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(name.data() + kJournal.size(), name.data() + name.size(), number);
  if (code != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

/// The latest journal of a job's folder that has a beginning.
Result<std::optional<UnfinishedJob>> read_journal(FileSystem& fs, const std::string& folder, const std::string& name) {
  const std::string staging = join_path(folder, name);
  PROMFILL_TRY(const std::vector<DirectoryEntry> entries, fs.list(staging));
  std::optional<UnfinishedJob> latest;
  for (const DirectoryEntry& entry : entries) {
    const auto number = journal_number(entry.name);
    if (!number || entry.kind != FileKind::kFile || (latest && latest->journal_number > *number)) continue;
    PROMFILL_TRY(const Bytes text, read_file(fs, join_path(staging, entry.name), kJournalBytesMax));
    Result<JournalContents> contents = parse_journal(as_text(text));
    if (!contents && contents.error().code == ErrorCode::kCorrupt) continue;  // it was begun when the crash came
    if (!contents) {
      Error error = std::move(contents).error();
      error.where = staging;
      return error;
    }
    latest = {name, *std::move(contents), *number};
  }
  return latest;
}

class Recovery {
 public:
  Recovery(FileSystem& fs, const std::string& out, const RecoveryOptions& options)
      : fs_(fs), out_(out), folder_(job_folder(out)), options_(options) {}

  Result<Leftovers> run() {
    PROMFILL_TRY(const std::vector<DirectoryEntry> before, fs_.list(folder_));
    for (const DirectoryEntry& entry : before) {
      if (entry.kind == FileKind::kDirectory && Ulid::parse(entry.name)) PROMFILL_TRY_STATUS(look_at(entry.name));
    }
    if (options_.resume == ResumePolicy::kRequire && !found_.unfinished) {
      return Error{ErrorCode::kRefused, "there is no unfinished work of this job" + difference_, out_,
                   "--resume auto begins anew where there is none"};
    }
    PROMFILL_TRY(const std::vector<DirectoryEntry> now, fs_.list(folder_));  // with manifests of completed commits
    for (const DirectoryEntry& entry : now) {
      if (options_.once && entry.name.ends_with(kManifest)) PROMFILL_TRY_STATUS(look_at_manifest(entry.name));
    }
    // A job that ended may not have come to it.
    const Result<std::vector<std::string>> collected = collect_metadata(fs_, out_, "");
    if (!collected) found_.notes.push_back("metadata.json was not made anew: " + collected.error().text());
    return std::move(found_);
  }

 private:
  Status look_at(const std::string& name) {
    const std::string staging = join_path(folder_, name);
    PROMFILL_TRY(std::optional<UnfinishedJob> job, read_journal(fs_, folder_, name));
    if (!job) return remove_tree(fs_, staging);
    const JournalContents& journal = job->journal;
    if (journal.committing) return end_commit(*job);
    if (!can_resume(journal.identity)) return remove(*job);
    if (options_.resume == ResumePolicy::kNever) {
      found_.notes.push_back("unfinished work of job " + name + " was removed");
      return remove(*job);
    }
    std::string difference = first_difference(journal.identity, *options_.identity);
    if (difference.empty() && options_.created && *options_.created != journal.created) {
      difference =
          "--created-at was '" + to_string(journal.created) + "' and is '" + to_string(*options_.created) + "'";
    }
    if (difference.empty() && !found_.unfinished) {
      found_.unfinished = std::move(job);
      return {};
    }
    if (journal.windows.empty() && !journal.checkpoint) return remove(*job);  // nothing is lost
    difference_ = ": of the one that is there, " + difference;
    found_.notes.push_back("unfinished work of another job is left in " + staging + " (" + difference +
                           "); the same command finishes it, --resume never removes it");
    return {};
  }

  /// Its blocks are verified and durable: going on is all that is missing. Unless it went back.
  Status end_commit(const UnfinishedJob& job) {
    const std::string staging = join_path(folder_, job.name);
    const std::vector<Move>& moves = job.journal.moves;
    if (!std::all_of(moves.begin(), moves.end(), is_plausible)) {
      return Error{ErrorCode::kCorrupt, "the journal of an unfinished commit moves what no job moves", staging,
                   "look at it, and remove the folder if it isn't promfill's"};
    }
    if (job.journal.abandoned) {
      PROMFILL_TRY_STATUS(move_back(fs_, out_, staging, moves));
    } else {
      PROMFILL_TRY_STATUS(move_all(fs_, out_, staging, moves));
      found_.notes.push_back("the commit of job " + job.name + ", which had been cut short, was completed");
    }
    return remove(job);
  }

  Status remove(const UnfinishedJob& job) {
    const std::string& scratch = job.journal.scratch;
    // A name read from a file: only what can be a job's.
    if (scratch.ends_with("/promfill-" + job.name)) PROMFILL_TRY_STATUS(remove_tree(fs_, scratch));
    return remove_tree(fs_, join_path(folder_, job.name));
  }

  Status look_at_manifest(const std::string& name) {
    const std::string path = join_path(folder_, name);
    PROMFILL_TRY(const Bytes text, read_file(fs_, path, kManifestBytesMax));
    FinishedJob job;
    job.name = name.substr(0, name.size() - kManifest.size());
    try {
      const auto json = nlohmann::ordered_json::parse(as_text(text));
      if (json.at("version") != 1 || !json.at("created").is_number_integer()) {
        return Error{ErrorCode::kCorrupt, "read the manifest of a finished job: it is of another version, or damaged",
                     path, "restore or remove it"};
      }
      json.at("identity").get_to(job.identity);
      job.created.ms = json.at("created").get<std::int64_t>();
      for (const auto& block : json.at("blocks")) {
        const auto ulid = Ulid::parse(block.get<std::string>());
        if (ulid) job.blocks.push_back(*ulid);
      }
    } catch (const nlohmann::ordered_json::exception& e) {
      return Error{ErrorCode::kCorrupt, std::string("read the manifest of a finished job: ") + e.what(), path,
                   "restore or remove it"};
    }
    if (first_difference(job.identity, *options_.identity).empty()) found_.finished = std::move(job);
    return {};
  }

  FileSystem& fs_;
  const std::string& out_;
  std::string folder_;
  const RecoveryOptions& options_;
  Leftovers found_;
  std::string difference_;
};

}  // namespace

std::string FinishedJob::to_json() const {
  nlohmann::ordered_json json;
  json["version"] = 1;
  json["created"] = created.ms;
  json["identity"] = identity;
  json["blocks"] = nlohmann::ordered_json::array();
  for (const Ulid& block : blocks) json["blocks"].push_back(block.text());
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string job_folder(const std::string& out) { return join_path(out, kFolder); }

std::string journal_name(std::uint64_t number) { return std::string(kJournal) + std::to_string(number); }

Status move_all(FileSystem& fs, const std::string& out, const std::string& staging, const std::vector<Move>& moves) {
  for (const Move& move : moves) {
    const std::string from = source_of(staging, move);
    if (!exists(fs, from)) continue;
    PROMFILL_TRY_STATUS(fs.rename(from, target_of(out, move)));
  }
  return sync_parents(fs, out, moves);
}

Status move_back(FileSystem& fs, const std::string& out, const std::string& staging, const std::vector<Move>& moves) {
  Status all;
  for (auto move = moves.rbegin(); move != moves.rend(); ++move) {
    const std::string from = source_of(staging, *move);
    if (exists(fs, from) || !exists(fs, target_of(out, *move))) continue;
    Status status = fs.rename(target_of(out, *move), from);
    if (!status && all) all = std::move(status);
  }
  return all;
}

Result<Leftovers> recover(FileSystem& fs, const std::string& out, const RecoveryOptions& options) {
  return Recovery(fs, out, options).run();
}

}  // namespace promfill
