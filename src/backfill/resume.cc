// See resume.h.
#include "backfill/resume.h"

#include <algorithm>
#include <map>

#include "block/block_reader.h"
#include "block/block_verifier.h"
#include "index/index_reader.h"

namespace promfill {
namespace {

/// The series of an index, without chunks, by its symbols but the empty one.
class IndexSeries final : public SeriesCursor {
 public:
  static Result<IndexSeries> open(const IndexReader& index) {
    PROMFILL_TRY(std::vector<SeriesRef> refs, index.select({}));
    return IndexSeries(index, std::move(refs));
  }
  Result<bool> next() override {
    if (at_ == refs_.size()) return false;
    PROMFILL_TRY(SeriesEntry entry, index_.entry(refs_[at_++]));
    labels_ = std::move(entry.labels);
    for (SymbolPair& pair : labels_) {
      if (pair.name.value == 0 || pair.value.value == 0) {
        return Error{ErrorCode::kCorrupt, "a label without a name or value", "", ""};
      }
      --pair.name.value;
      --pair.value.value;
    }
    return true;
  }
  [[nodiscard]] std::span<const SymbolPair> labels() const override { return labels_; }
  Status add_pieces(std::vector<SeriesPiece>&) override { return {}; }

 private:
  IndexSeries(const IndexReader& index, std::vector<SeriesRef> refs) : index_(index), refs_(std::move(refs)) {}
  const IndexReader& index_;
  std::vector<SeriesRef> refs_;
  std::size_t at_ = 0;
  std::vector<SymbolPair> labels_;
};

/// A run that says which series a block has: for the number of series in the report.
Result<std::shared_ptr<const Run>> write_series(FileSystem& fs, const std::string& block, std::string path) {
  PROMFILL_TRY(const IndexReader index, IndexReader::open(fs, join_path(block, "index")));
  PROMFILL_TRY(RunWriter writer, RunWriter::create(fs, std::move(path), 0));
  for (const std::string_view symbol : index.symbols().subspan(1)) PROMFILL_TRY_STATUS(writer.add_symbol(symbol));
  PROMFILL_TRY_STATUS(writer.end_symbols());
  PROMFILL_TRY(IndexSeries series, IndexSeries::open(index));
  PROMFILL_TRY_STATUS(writer.add_series(series));
  return std::move(writer).finish();
}

bool is_damage(const Error& error) { return error.code == ErrorCode::kCorrupt || error.code == ErrorCode::kNotFound; }

class Resuming {
 public:
  Resuming(FileSystem& fs, const JobDirectory& directory, RejectsFile& rejects, std::uint64_t segment_bytes_max)
      : fs_(fs), directory_(directory), rejects_(rejects), segment_bytes_max_(segment_bytes_max) {}

  Result<Resumed> run() {
    const JournalContents* const journal = directory_.unfinished();
    if (journal == nullptr) return std::move(resumed_);
    std::map<std::int64_t, JournaledWindow> windows;
    for (const JournaledWindow& window : journal->windows) windows[window.number] = window;
    for (const auto& [number, window] : windows) PROMFILL_TRY_STATUS(take_block(window));
    if (!journal->checkpoint) return std::move(resumed_);
    if (Status status = take_checkpoint(*journal->checkpoint); !status) {
      if (!is_damage(status.error())) return std::move(status).error();
      resumed_.work.runs.clear();
      resumed_.work.begun.clear();
      resumed_.notes.push_back("the checkpoint of the unfinished job can't be used: " + status.error().text());
    }
    return std::move(resumed_);
  }

 private:
  Status take_block(const JournaledWindow& window) {
    const std::string staged = directory_.staged(window.ulid);
    const VerifyReport verified = verify_block(
        fs_, staged, {.depth = VerifyDepth::kChecksums, .strict = true, .segment_bytes_max = segment_bytes_max_});
    if (!verified.ok()) {
      resumed_.notes.push_back("a block of the unfinished job is written again: " + verified.problems.front());
      return {};
    }
    PROMFILL_TRY(BlockMeta meta, read_block_meta(fs_, staged));
    const std::string path = join_path(directory_.scratch(), directory_.run_prefix() + "series-" + window.ulid.text());
    PROMFILL_TRY(resumed_.work.written_series.emplace_back(), write_series(fs_, staged, path));
    resumed_.work.written.push_back({window.number, window.tally});
    resumed_.windows.push_back(window);
    resumed_.blocks.push_back({std::move(meta), window.bytes});
    return {};
  }

  Status take_checkpoint(const Checkpoint& checkpoint) {
    for (const std::string& name : checkpoint.runs) {
      if (!name.starts_with("run-") || name.find('/') != std::string::npos) {
        return Error{ErrorCode::kCorrupt, "'" + name + "' is no name of a run", "", ""};
      }
      PROMFILL_TRY(resumed_.work.runs.emplace_back(), Run::open(fs_, join_path(directory_.scratch(), name)));
    }
    if (!checkpoint.rejects.empty() && checkpoint.rejects.find('/') == std::string::npos) {
      PROMFILL_TRY_STATUS(rejects_.take_over(join_path(directory_.staging(), checkpoint.rejects),
                                             checkpoint.rejects_bytes, checkpoint.rejects_crc,
                                             checkpoint.judged.rejected));
    }
    for (const auto& [number, tally] : checkpoint.windows) resumed_.work.begun.push_back({number, tally});
    resumed_.checkpoint = checkpoint;
    resumed_.checkpoint->rejects = checkpoint.rejects.empty() ? "" : directory_.rejects_name();
    return {};
  }

  FileSystem& fs_;
  const JobDirectory& directory_;
  RejectsFile& rejects_;
  std::uint64_t segment_bytes_max_;
  Resumed resumed_;
};

}  // namespace

Result<Resumed> resume(FileSystem& fs, const JobDirectory& directory, RejectsFile& rejects,
                       std::uint64_t segment_bytes_max) {
  return Resuming(fs, directory, rejects, segment_bytes_max).run();
}

}  // namespace promfill
