// What earlier jobs left in OUT/.promfill, under the lock: a commit that was cut short is completed, work of this very
// job is found, rubbish goes, other jobs' unfinished work stays for them.
//
//   OUT/.promfill/<job>/journal-<n>        of an unfinished job; the highest n that is whole counts
//   OUT/.promfill/<job>.manifest.json      of a finished one: what it was made of, and its blocks
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "job/journal.h"
#include "promfill/options.h"

namespace promfill {

struct UnfinishedJob {
  std::string name;  ///< of its folder
  JournalContents journal;
  std::uint64_t journal_number = 0;
};

/// The manifest of a finished job.
struct FinishedJob {
  std::string name;
  Timestamp created;
  JobIdentity identity;
  std::vector<Ulid> blocks;

  [[nodiscard]] std::string to_json() const;
};

struct Leftovers {
  std::optional<UnfinishedJob> unfinished;  ///< of the same identity
  std::optional<FinishedJob> finished;      ///< of the same identity
  std::vector<std::string> notes;           ///< what was done or found, for people
};

struct RecoveryOptions {
  const JobIdentity* identity = nullptr;
  std::optional<Timestamp> created;  ///< as asked for; absent: any will do
  ResumePolicy resume = ResumePolicy::kAuto;
  bool once = true;  ///< a finished job of this identity counts: of a database, say, there may be new rows
};

/// @param out  whose lock is held.
/// @error kRefused  ResumePolicy::kRequire, and there is nothing to resume, with what differs; kCorrupt  a manifest;
///        else what the file system says.
Result<Leftovers> recover(FileSystem& fs, const std::string& out, const RecoveryOptions& options);

/// Move everything, in this order, and make it durable. What is at its place already is passed over.
/// @param out  `Move::to` lies below it, unless absolute. @param staging  `Move::from` lies in it.
Status move_all(FileSystem& fs, const std::string& out, const std::string& staging, const std::vector<Move>& moves);
/// The way back, last first. What was not moved is passed over.
Status move_back(FileSystem& fs, const std::string& out, const std::string& staging, const std::vector<Move>& moves);

/// Behind the name of a file outside of OUT that is to stay, while it is written.
inline constexpr std::string_view kUnfinished = ".unfinished";

/// OUT/.promfill.
[[nodiscard]] std::string job_folder(const std::string& out);
[[nodiscard]] std::string journal_name(std::uint64_t number);

}  // namespace promfill
