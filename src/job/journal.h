// The journal of a job: what it has done that another process can build on. Lines of text, each with its checksum, so
// that what a crash left half-written is told from what counts; nothing in it needs to be durable before the commit,
// because all it names is verified before it is used.
//
//   line       = CRC32C of the rest as 8 hex digits | space | JSON object with the key "kind" | newline
//   job        first: version, start of the job, identity, folder of the runs
//   window     a block is complete in staging: its window, name, share of the ledger
//   checkpoint so many pieces are in runs and blocks: names of the runs, ledger, length of the rejects; the last counts
//   commit     everything is verified and durable, now names change: moves. From here on the job ends by going on
//   abandon    a rename failed: what was moved goes back
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "file/file_system.h"
#include "job/fingerprint.h"
#include "promfill/block.h"
#include "store/ledger.h"

namespace promfill {

struct JournaledWindow {
  std::int64_t number = 0;
  Ulid ulid;
  std::uint64_t bytes = 0;
  WindowTally tally;
  friend bool operator==(const JournaledWindow&, const JournaledWindow&) = default;
};

struct Checkpoint {
  std::uint64_t pieces = 0;  ///< in reading order, the first ones: all their rows are in runs or in finished windows
  std::vector<std::string> runs;                              ///< names of files, in order of writing
  std::vector<std::pair<std::int64_t, WindowTally>> windows;  ///< of rows in runs, by number
  Ledger judged{};                                            ///< what was counted when rows were judged
  std::string rejects{};                                      ///< name of the rejects file; empty: none so far
  std::uint64_t rejects_bytes = 0;                            ///< of it, its beginning
  std::uint32_t rejects_crc = 0;                              ///< CRC32C of those
};

/// A staged file or directory and the name it is to get.
struct Move {
  std::string from;  ///< in the staging
  std::string to;    ///< below OUT, or an absolute path
  friend bool operator==(const Move&, const Move&) = default;
};

struct JournalContents {
  Timestamp created;
  JobIdentity identity;
  std::string scratch;  ///< folder of the runs, outside of the staging; empty: the staging
  std::vector<JournaledWindow> windows{};
  std::optional<Checkpoint> checkpoint{};
  std::vector<Move> moves{};
  bool committing = false;
  bool abandoned = false;
};

/// What can be relied on in a journal: all up to the first line that is damaged, or cut off.
/// @error kCorrupt  not even the first line is whole; kRefused  it is of a version that isn't ours.
Result<JournalContents> parse_journal(std::string_view text);

class Journal {
 public:
  /// Begin a journal with what is known already. @error kAlreadyExists and what else creating a file can fail with.
  static Result<Journal> create(FileSystem& fs, const std::string& path, const JournalContents& known);

  Status add(const JournaledWindow& window);
  Status add(const Checkpoint& checkpoint);
  /// Durable when it returns.
  Status commit(const std::vector<Move>& moves);
  Status abandon();
  /// Whether there is a window or a checkpoint.
  [[nodiscard]] bool has_work() const { return has_work_; }

 private:
  explicit Journal(std::unique_ptr<WritableFile> file) : file_(std::move(file)) {}
  Status add_line(const std::string& json);

  std::unique_ptr<WritableFile> file_;
  bool has_work_ = false;
};

}  // namespace promfill
