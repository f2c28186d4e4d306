// See preflight.h. Why each check is there: docs/publish.md.
#include "publish/preflight.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <tuple>

#include "block/block_reader.h"
#include "block/block_verifier.h"
#include "encoding/crc32c.h"
#include "promfill/options.h"
#include "publish/block_checks.h"
#include "publish/served_samples.h"

namespace promfill {
namespace {

using std::chrono_literals::operator""h;

constexpr Duration kDefaultRetention{24h * 15};
/// What an empty head takes next may be this old: scrapes carry their own times.
constexpr Duration kEmptyHeadMargin{1h};

std::string moment(Timestamp time) { return to_string(time); }

class Checking {
 public:
  Checking(FileSystem& fs, const PreflightOptions& options, Preflight& result)
      : fs_(&fs), options_(&options), result_(&result) {}

  Status find_server(Server* server);
  Status find_pieces();
  Status check_overlap();
  void check_time_retention();
  void check_size_retention();
  void check_directory();
  void note_later();

 private:
  struct Source {
    std::string directory;
    BlockMeta meta;
  };

  void find(std::string check, Verdict verdict, std::string where, std::string message, std::string way_out = "") {
    result_->findings.push_back({std::move(check), verdict, std::move(where), std::move(message), std::move(way_out)});
  }
  void ok_unless_found(const std::string& check, std::string message);
  void check_same_directory();
  Status find_bound_of_stopped();
  void find_bound_of_running();
  Result<bool> check_source(const Source& source);
  Status add_piece(const Source& source, Timestamp from);
  [[nodiscard]] std::map<Ulid, Timestamp> published_until() const;
  [[nodiscard]] Retention retention() const;

  FileSystem* fs_;
  const PreflightOptions* options_;
  Preflight* result_;
};

void Checking::ok_unless_found(const std::string& check, std::string message) {
  const auto is_bad = [&check](const Finding& finding) {
    return finding.check == check && finding.verdict != Verdict::kOk;
  };
  if (std::ranges::none_of(result_->findings, is_bad)) find(check, Verdict::kOk, "", std::move(message));
}

/// Another mount may show the same directory elsewhere, as in a pod; but where the server's path exists here, too, it
/// must be the one that was given.
void Checking::check_same_directory() {
  const std::string& theirs = result_->server->data_directory;
  const auto real = real_path_of(theirs);
  if (real && *real == result_->directory.path) {
    find("server", Verdict::kOk, "", "Prometheus " + result_->server->version_text + " on " + theirs);
  } else if (real) {
    find("server", Verdict::kRefused, "",
         "the server's data directory is " + *real + ", not " + result_->directory.path,
         "publish to prometheus:" + *real + ", or ask the server of that directory");
  } else {
    find("server", Verdict::kNote, "",
         "the server calls its data directory " + theirs + ", which is not here: taken for another mount of " +
             result_->directory.path);
  }
}

void Checking::find_bound_of_running() {
  const auto& head_min = result_->server->head_min;
  result_->bound = head_min.value_or(Timestamp{options_->now.ms - kEmptyHeadMargin.ms});
  result_->bound = std::min(result_->bound, options_->now);
  find("head", Verdict::kOk, "",
       head_min ? "begins at " + moment(*head_min) + ": only what is older is placed"
                : "is empty: only what is older than an hour, " + moment(result_->bound) + ", is placed");
}

Status Checking::find_bound_of_stopped() {
  result_->bound = options_->now;
  const std::string path = join_path(result_->directory.path, "lock");
  bool is_running = process_using(result_->directory.path).has_value();  // Debian's package locks nothing
  if (exists(*fs_, path)) {
    PROMFILL_TRY(const auto lock, try_lock_existing(path));
    is_running = is_running || !lock;
  }
  if (is_running) {
    find("server", Verdict::kRefused, "", "a Prometheus runs on this directory",
         "name it with --server http://HOST:PORT, or stop it");
    return {};
  }
  find("server", Verdict::kOk, "", "stopped: no process has the directory in use");
  const auto end = end_of_in_order_blocks(result_->directory);
  result_->bound = std::min(end.value_or(options_->now), options_->now);
  if (!end && result_->directory.has_wal) {
    find("head", Verdict::kRefused, "", "there is a write-ahead log and no block: where the head begins is not known",
         "start the server, and publish with --server");
  } else {
    find("head", Verdict::kOk, "",
         end ? "the newest block ends at " + moment(*end) + ": only what is older is placed"
             : "there is none: nothing is in the directory yet");
  }
  return {};
}

Status Checking::find_server(Server* server) {
  PROMFILL_TRY(result_->directory, read_data_directory(*fs_, options_->data_directory));
  if (server == nullptr) return find_bound_of_stopped();
  PROMFILL_TRY(result_->server, server->facts());
  check_same_directory();
  find_bound_of_running();
  return {};
}

/// What earlier runs placed of each source, if it is still there, be it compacted.
std::map<Ulid, Timestamp> Checking::published_until() const {
  std::map<Ulid, Timestamp> until;
  for (const std::string& path : find_manifests(*fs_, options_->source)) {
    const auto manifest = read_manifest(*fs_, path);
    if (!manifest || manifest->state == PublishState::kRolledBack ||
        manifest->data_directory != result_->directory.path) {
      continue;
    }
    for (const PlacedBlock& block : manifest->blocks) {
      if (!result_->directory.known.contains(block.ulid)) continue;
      auto& end = until.try_emplace(block.source, block.range.max).first->second;
      end = std::max(end, block.range.max);
    }
  }
  return until;
}

/// Whether the block is sound and dated in the past.
Result<bool> Checking::check_source(const Source& source) {
  const std::string& name = source.directory;
  const VerifyReport report = verify_block(*fs_, name, {}, source.meta.ulid.text());
  if (!report.ok()) {
    find("integrity", Verdict::kRefused, name, report.problems.front(), "import it again; promfill verify says more");
    return false;
  }
  if (source.meta.range.max.ms - 1 > options_->now.ms) {
    find("future", Verdict::kRefused, name, "ends at " + moment(source.meta.range.max) + ", which is yet to come",
         "Prometheus would count retention from there and delete other blocks: check the unit of the time column "
         "(promfill plan), or import with --max-time");
    return false;
  }
  if (result_->server) {
    PROMFILL_TRY(auto unreadable, unreadable_by(*fs_, name, result_->server->version));
    if (unreadable) {
      find("encoding", Verdict::kRefused, name, *unreadable, "upgrade the server, or import with what it can read");
      return false;
    }
  }
  return true;
}

Status Checking::add_piece(const Source& source, Timestamp from) {
  const TimeRange whole = source.meta.range;
  Piece piece{.directory = source.directory, .meta = source.meta, .range = whole};
  piece.range.min = std::max(whole.min, from);
  piece.range.max = std::min(whole.max, result_->bound);
  const Timestamp rest = std::max(piece.range.min, piece.range.max);
  if (rest < whole.max) result_->later.push_back({source.meta.ulid, {rest, whole.max}});
  if (piece.range.min >= piece.range.max) return {};
  if (piece.range != whole && source.meta.stats.tombstones > 0) {
    find("integrity", Verdict::kRefused, source.directory, "has tombstones, and would have to be cut",
         "import it again without them");
    return {};
  }
  piece.ulid = piece.range == whole ? source.meta.ulid : ulid_of_piece(source.meta.ulid, piece.range);
  PROMFILL_TRY(piece.bytes, block_bytes(*fs_, source.directory));
  if (auto note = compaction_note(piece.range, result_->server ? result_->server->max_block_duration : std::nullopt)) {
    find("compaction", Verdict::kNote, source.directory, *note,
         "import with --block-duration 2h times a power of 3, or --retention");
  }
  result_->pieces.push_back(std::move(piece));
  return {};
}

Status Checking::find_pieces() {
  PROMFILL_TRY(const auto paths, find_blocks(*fs_, options_->source));
  const auto until = published_until();
  for (const std::string& path : paths) {
    PROMFILL_TRY(BlockMeta meta, read_block_meta(*fs_, path));
    const auto earlier = until.find(meta.ulid);
    const bool is_there = earlier == until.end() && result_->directory.known.contains(meta.ulid);
    if (is_there || (earlier != until.end() && earlier->second >= meta.range.max)) {
      ++result_->already_published;
      continue;
    }
    const Source source{path, std::move(meta)};
    PROMFILL_TRY(const bool good, check_source(source));
    if (good) PROMFILL_TRY_STATUS(add_piece(source, earlier == until.end() ? kTimestampMin : earlier->second));
  }
  ok_unless_found("integrity", std::to_string(paths.size()) + " blocks, every byte of them verified");
  ok_unless_found("future", "no block ends after now");
  ok_unless_found("compaction", "blocks are aligned, and no longer than the server's longest");
  if (result_->server) ok_unless_found("encoding", "the server reads all chunks");
  if (result_->already_published > 0) {
    find("published", Verdict::kNote, "", std::to_string(result_->already_published) + " blocks are there already");
  }
  std::ranges::sort(result_->pieces, {},
                    [](const Piece& piece) { return std::tuple(piece.range.min, piece.meta.ulid); });
  return {};
}

Status Checking::check_overlap() {
  OverlapCount all;
  for (Piece& piece : result_->pieces) {
    PROMFILL_TRY(ServedSamples served, ServedSamples::open(*fs_, result_->directory, piece.range));
    if (served.empty()) continue;
    PROMFILL_TRY(const BlockReader reader, BlockReader::open(*fs_, piece.directory));
    PROMFILL_TRY(piece.overlap, count_overlap(reader, piece.range, served));
    const OverlapCount& found = piece.overlap;
    if (found.samples() == 0) continue;
    const std::string counts = std::to_string(found.samples()) + " samples of " + std::to_string(found.series) +
                               " series, such as " + found.first_series + ", are served already, " +
                               std::to_string(found.differing) + " of them with another value";
    if (options_->on_overlap == OnOverlap::kFail) {
      find("overlap", Verdict::kRefused, piece.directory, counts,
           "of two values none dependably wins: --on-overlap keep-existing leaves these samples out");
    } else if (piece.meta.stats.tombstones > 0) {
      find("overlap", Verdict::kRefused, piece.directory, counts + "; it has tombstones, and would have to be cut",
           "import it again without them");
    } else {
      find("overlap", Verdict::kNote, piece.directory, counts + "; left out");
      piece.ulid = ulid_of_piece(piece.meta.ulid, piece.range);
    }
  }
  ok_unless_found("overlap", "no series has a sample at a time that is served already");
  return {};
}

Retention Checking::retention() const {
  if (result_->server) return result_->server->retention;
  return options_->retention.value_or(Retention{.time = kDefaultRetention, .text = "15d, Prometheus's default"});
}

/// Prometheus deletes a block when the newest block's end lies a retention or more behind its own end
/// (tsdb/db.go, BeyondTimeRetention); the head's next block will end about now.
void Checking::check_time_retention() {
  const Retention kept = retention();
  if (!kept.time) return ok_unless_found("retention", "by time: none");
  Timestamp newest = options_->now;
  for (const ExistingBlock& block : result_->directory.blocks) newest = std::max(newest, block.meta.range.max);
  Timestamp oldest = newest;
  std::size_t beyond = 0;
  for (const Piece& piece : result_->pieces) {
    if (newest.ms - piece.range.max.ms < kept.time->ms) continue;
    ++beyond;
    oldest = std::min(oldest, piece.range.min);
  }
  if (beyond == 0) return ok_unless_found("retention", "all lies within " + kept.text);
  const std::int64_t days = (newest.ms - oldest.ms) / Duration(24h).ms + 2;
  const std::string flag = "--storage.tsdb.retention.time=" + std::to_string(days) + "d";
  find("retention", Verdict::kRefused, "",
       std::to_string(beyond) + " blocks lie beyond the retention (" + kept.text + "): Prometheus would delete them",
       result_->server ? "start the server with " + flag
                       : "say --retention as the server has it; it takes " + flag + " to keep them");
}

void Checking::check_size_retention() {
  const Retention kept = retention();
  if (!kept.size_bytes) return;
  std::uint64_t bytes = result_->directory.head_bytes;
  for (const ExistingBlock& block : result_->directory.blocks) bytes += block.bytes;
  for (const Piece& piece : result_->pieces) bytes += piece.bytes;
  if (bytes <= *kept.size_bytes) return;
  find("retention", Verdict::kRefused, "",
       "with these blocks there would be " + format_byte_size(bytes) + ", more than the retention keeps (" + kept.text +
           "): Prometheus would delete the oldest",
       "start the server with a larger --storage.tsdb.retention.size, or without");
}

void Checking::check_directory() {
  const DataDirectory& directory = result_->directory;
  std::uint64_t bytes = 64ULL << 20;  // for the server to go on
  for (const Piece& piece : result_->pieces) bytes += piece.bytes;
  if (bytes > directory.free_bytes) {
    find("disk", Verdict::kRefused, "",
         "needs " + format_byte_size(bytes) + ", and " + format_byte_size(directory.free_bytes) + " are free",
         "make room, or publish a part");
  } else {
    find("disk", Verdict::kOk, "",
         "needs " + format_byte_size(bytes) + " of " + format_byte_size(directory.free_bytes) + " that are free");
  }
  const Owner we = current_owner();
  const std::string user = std::to_string(directory.owner.user);
  if (we.user != 0 && we.user != directory.owner.user) {
    find("owner", Verdict::kRefused, "",
         "the directory is user " + user + "'s, and this is user " + std::to_string(we.user) +
             ": the server could not delete what is placed",
         "run as user " + user + " or root");
  } else if (!may_write_directory(directory.path)) {
    find("owner", Verdict::kRefused, "", "the directory can't be written to", "run as user " + user);
  } else {
    find("owner", Verdict::kOk, "", "blocks will be user " + user + "'s, as the directory");
  }
  for (const std::string& broken : directory.broken) {
    find("directory", Verdict::kNote, broken,
         "has no meta.json that can be read: compaction fails as long as it is there",
         "find out where it comes from, and remove it");
  }
  for (const ExistingBlock& block : directory.blocks) {
    if (block.meta.range.max <= options_->now) continue;
    find("directory", Verdict::kNote, block.directory,
         "ends at " + moment(block.meta.range.max) + ", which is yet to come: retention counts from there");
  }
}

void Checking::note_later() {
  if (result_->later.empty()) return;
  Timestamp from = result_->later.front().range.min;
  for (const Remainder& rest : result_->later) from = std::min(from, rest.range.min);
  find("head", Verdict::kNote, "",
       "what is at or after " + moment(from) + " of " + std::to_string(result_->later.size()) +
           " blocks is kept for later: a block that reaches into the head costs live samples at the next restart",
       "run the same command again when the head has been written to a block, which is every two hours");
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kNote:
      return "note";
    case Verdict::kRefused:
      return "refused";
  }
  return "";
}

Ulid ulid_of_piece(const Ulid& source, TimeRange range) {
  const std::string text = source.text() + " " + std::to_string(range.min.ms) + " " + std::to_string(range.max.ms);
  std::array<std::uint8_t, 10> entropy{};
  // Of what is hashed 70 bits are the source's own entropy; the sums spread the range over all of them.
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < entropy.size(); ++i) {
    if (i % 4 == 0) sum = crc32c(as_bytes(text + std::string(i / 4 + 1, '+')));
    entropy[i] = static_cast<std::uint8_t>(source.bytes[6 + i] ^ (sum >> (8 * (i % 4))));
  }
  return Ulid::make(source.created(), entropy);
}

bool Preflight::refused() const {
  return std::ranges::any_of(findings, [](const Finding& one) { return one.verdict == Verdict::kRefused; });
}

Error Preflight::error() const {
  const auto first =
      std::ranges::find_if(findings, [](const Finding& one) { return one.verdict == Verdict::kRefused; });
  PROMFILL_ASSERT(first != findings.end());
  return {ErrorCode::kRefused, first->check + ": " + first->message, first->where, first->way_out};
}

Result<Preflight> run_preflight(FileSystem& fs, const PreflightOptions& options, Server* server) {
  Preflight result;
  Checking checking(fs, options, result);
  PROMFILL_TRY_STATUS(checking.find_server(server));
  const auto source = real_path_of(options.source);
  if (source && *source == result.directory.path) {
    return Error{ErrorCode::kUsage, "the blocks are in this directory already", options.source,
                 "import into a directory of its own"};
  }
  PROMFILL_TRY_STATUS(checking.find_pieces());
  PROMFILL_TRY_STATUS(checking.check_overlap());
  checking.check_time_retention();
  checking.check_size_retention();
  checking.check_directory();
  checking.note_later();
  return result;
}

}  // namespace promfill
