// See journal.h.
#include "job/journal.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "encoding/crc32c.h"

namespace promfill {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr std::size_t kChecksumChars = 9;  // with the space

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// ---- out

Json to_json(const WindowTally& tally) {
  return {tally.samples,      tally.duplicates.merged, tally.duplicates.conflicting,
          tally.late_samples, tally.generated,         tally.counter_resets};
}

Json to_json(const Ledger& ledger) {
  Json json;
  json["rows_read"] = ledger.rows_read;
  json["cells"] = ledger.cells;
  json["nulls"] = ledger.nulls;
  json["rejected"] = ledger.rejected;
  json["filtered"] = ledger.filtered;
  json["out_of_window"] = ledger.out_of_window;
  json["observed"] = ledger.observed;
  json["generated"] = ledger.generated;
  json["times_floored"] = ledger.times_floored;
  json["values_rounded"] = ledger.values_rounded;
  json["rejected_by_reason"] = ledger.rejected_by_reason;
  return json;
}

std::string job_line(const JournalContents& known) {
  return dump({{"kind", "job"},
               {"version", kVersion},
               {"created", known.created.ms},
               {"identity", known.identity},
               {"scratch", known.scratch}});
}

std::string window_line(const JournaledWindow& window) {
  return dump({{"kind", "window"},
               {"number", window.number},
               {"ulid", window.ulid.text()},
               {"bytes", window.bytes},
               {"tally", to_json(window.tally)}});
}

std::string checkpoint_line(const Checkpoint& checkpoint) {
  Json windows = Json::array();
  for (const auto& [number, tally] : checkpoint.windows) windows.push_back({number, to_json(tally)});
  return dump({{"kind", "checkpoint"},
               {"pieces", checkpoint.pieces},
               {"runs", checkpoint.runs},
               {"windows", std::move(windows)},
               {"judged", to_json(checkpoint.judged)},
               {"rejects", checkpoint.rejects},
               {"rejects_bytes", checkpoint.rejects_bytes},
               {"rejects_crc", checkpoint.rejects_crc}});
}

// ---- in

/// Throws where the number is negative or has a fraction: converted, it would be any other.
std::uint64_t count_of(const Json& json) { return json.get_ref<const Json::number_unsigned_t&>(); }

WindowTally tally_of(const Json& json) {
  WindowTally tally;
  tally.samples = count_of(json.at(0));
  tally.duplicates = {count_of(json.at(1)), count_of(json.at(2))};
  tally.late_samples = count_of(json.at(3));
  tally.generated = count_of(json.at(4));
  tally.counter_resets = count_of(json.at(5));
  return tally;
}

Ledger ledger_of(const Json& json) {
  Ledger ledger;
  ledger.rows_read = count_of(json.at("rows_read"));
  ledger.cells = count_of(json.at("cells"));
  ledger.nulls = count_of(json.at("nulls"));
  ledger.rejected = count_of(json.at("rejected"));
  ledger.filtered = count_of(json.at("filtered"));
  ledger.out_of_window = count_of(json.at("out_of_window"));
  ledger.observed = count_of(json.at("observed"));
  ledger.generated = count_of(json.at("generated"));
  ledger.times_floored = count_of(json.at("times_floored"));
  ledger.values_rounded = count_of(json.at("values_rounded"));
  for (const auto& [reason, cells] : json.at("rejected_by_reason").items()) {
    ledger.rejected_by_reason[reason] = count_of(cells);
  }
  return ledger;
}

Checkpoint checkpoint_of(const Json& json) {
  Checkpoint checkpoint;
  checkpoint.pieces = count_of(json.at("pieces"));
  json.at("runs").get_to(checkpoint.runs);
  for (const Json& window : json.at("windows")) {
    checkpoint.windows.emplace_back(window.at(0).get<std::int64_t>(), tally_of(window.at(1)));
  }
  checkpoint.judged = ledger_of(json.at("judged"));
  json.at("rejects").get_to(checkpoint.rejects);
  checkpoint.rejects_bytes = count_of(json.at("rejects_bytes"));
  checkpoint.rejects_crc = static_cast<std::uint32_t>(count_of(json.at("rejects_crc")));  // wrong: doesn't fit the file
  return checkpoint;
}

/// False where the line says what it can't.
bool take(const Json& json, JournalContents& contents) {
  const std::string kind = json.at("kind").get<std::string>();
  if (kind == "job") {
    contents.created.ms = json.at("created").get<std::int64_t>();
    json.at("identity").get_to(contents.identity);
    json.at("scratch").get_to(contents.scratch);
  } else if (kind == "window") {
    const auto ulid = Ulid::parse(json.at("ulid").get<std::string>());
    if (!ulid) return false;
    contents.windows.push_back(
        {json.at("number").get<std::int64_t>(), *ulid, count_of(json.at("bytes")), tally_of(json.at("tally"))});
  } else if (kind == "checkpoint") {
    contents.checkpoint = checkpoint_of(json);
  } else if (kind == "commit") {
    contents.moves.clear();
    for (const Json& move : json.at("moves")) {
      contents.moves.push_back({move.at(0).get<std::string>(), move.at(1).get<std::string>()});
    }
    contents.committing = true;
  } else if (kind == "abandon") {
    contents.abandoned = true;
  } else {
    return false;
  }
  return true;
}

/// "0012ab9f ".
std::string checksum_text(std::string_view json) {
  char digits[8];
  const auto written = std::to_chars(digits, digits + sizeof digits, crc32c(as_bytes(json)), 16);
  const std::string_view text(digits, static_cast<std::size_t>(written.ptr - digits));
  return std::string(sizeof digits - text.size(), '0').append(text) + ' ';
}

/// The JSON text of a line whose checksum is right.
std::optional<std::string_view> checked(std::string_view line) {
  if (line.size() < kChecksumChars) return std::nullopt;
  const std::string_view json = line.substr(kChecksumChars);
  if (line.substr(0, kChecksumChars) != checksum_text(json)) return std::nullopt;
  return json;
}

}  // namespace

Result<JournalContents> parse_journal(std::string_view text) {
  JournalContents contents;
  bool has_job = false;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    const auto json = checked(text.substr(0, end));
    text.remove_prefix(end + 1);
    if (!json) break;
    try {  // the parser of JSON throws; our own bytes with a good checksum give it no reason to
      bool has_fractions = false;
      const Json line = Json::parse(*json, [&](int, Json::parse_event_t, const Json& value) {
        has_fractions |= value.is_number_float();
        return true;
      });
      if (has_fractions) break;  // no number of ours; taken for an integer it could be any
      if (!has_job && (line.at("kind") != "job" || line.at("version") != kVersion)) {
        return Error{ErrorCode::kRefused, "a job of another version of promfill is unfinished here", "",
                     "finish it with that version, or --resume never discards it"};
      }
      if (!take(line, contents)) break;
      has_job = true;
    } catch (const Json::exception&) {
      break;
    }
  }
  if (!has_job) return Error{ErrorCode::kCorrupt, "the journal of an unfinished job has no beginning", "", ""};
  return contents;
}

Result<Journal> Journal::create(FileSystem& fs, const std::string& path, const JournalContents& known) {
  PROMFILL_TRY(auto file, fs.create(path));
  Journal journal(std::move(file));
  PROMFILL_TRY_STATUS(journal.add_line(job_line(known)));
  for (const JournaledWindow& window : known.windows) PROMFILL_TRY_STATUS(journal.add(window));
  if (known.checkpoint) PROMFILL_TRY_STATUS(journal.add(*known.checkpoint));
  return journal;
}

Status Journal::add(const JournaledWindow& window) {
  has_work_ = true;
  return add_line(window_line(window));
}

Status Journal::add(const Checkpoint& checkpoint) {
  has_work_ = true;
  return add_line(checkpoint_line(checkpoint));
}

Status Journal::commit(const std::vector<Move>& moves) {
  Json list = Json::array();
  for (const Move& move : moves) list.push_back({move.from, move.to});
  const std::string line = dump({{"kind", "commit"}, {"moves", std::move(list)}});
  PROMFILL_TRY_STATUS(add_line(line));
  return file_->sync();
}

Status Journal::abandon() {
  const std::string line = dump({{"kind", "abandon"}});
  PROMFILL_TRY_STATUS(add_line(line));
  return file_->sync();
}

Status Journal::add_line(const std::string& json) { return file_->append(as_bytes(checksum_text(json) + json + '\n')); }

}  // namespace promfill
