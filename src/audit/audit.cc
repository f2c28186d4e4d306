// See audit.h.
#include "audit/audit.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "audit/audit_part.h"
#include "audit/loaded_samples.h"
#include "audit/source_cells.h"
#include "backfill/planning.h"
#include "block/block_reader.h"

namespace promfill {
namespace {

struct AuditedBlock {
  std::string path;
  BlockMeta meta;
};

/// In order of their smallest time.
Result<std::vector<AuditedBlock>> read_metas(FileSystem& fs, std::span<const std::string> paths) {
  std::vector<AuditedBlock> blocks;
  for (const std::string& path : paths) {
    PROMFILL_TRY(BlockMeta meta, read_block_meta(fs, path));
    blocks.push_back({path, std::move(meta)});
  }
  std::stable_sort(blocks.begin(), blocks.end(),
                   [](const AuditedBlock& a, const AuditedBlock& b) { return a.meta.range.min < b.meta.range.min; });
  return blocks;
}

/// How to go on with a part that the memory does not hold.
enum class Fit : std::uint8_t { kFits, kTooManySamples, kTooManySeries };

class Audit {
 public:
  Audit(std::span<const std::unique_ptr<Source>> sources, JobPlan plan, const CellRules& rules,
        std::vector<AuditedBlock> blocks, const AuditEnvironment& environment)
      : sources_(sources),
        plan_(std::move(plan)),
        rules_(rules),
        blocks_(std::move(blocks)),
        environment_(environment),
        bytes_max_(environment.budget->limit_bytes() / 2),
        differences_(environment.differences_max) {
    for (const std::unique_ptr<Source>& source : sources_) {
      names_.push_back(source->name());
      judged_.emplace_back(source->pieces().size());
    }
    for (const AuditedBlock& block : blocks_) metas_.push_back(block.meta);
  }

  Result<AuditReport> run() && {
    std::vector<AuditPart> parts{{}};
    while (!parts.empty()) {
      const AuditPart part = parts.back();
      parts.pop_back();
      PROMFILL_TRY(const Fit fit, check_part(part));
      if (fit == Fit::kFits) continue;
      PROMFILL_TRY(auto halves, split(part, fit));
      parts.push_back(std::move(halves.second));
      parts.push_back(std::move(halves.first));
    }
    report_.differences = differences_.kept();
    report_.decisions = std::move(plan_.decisions);
    return std::move(report_);
  }

 private:
  /// Hold one part against the sources; only where it fits does it come into the report.
  Result<Fit> check_part(const AuditPart& part) {
    if (surely_too_large(part)) return Fit::kTooManySamples;
    LoadedSamples samples(bytes_max_);
    std::vector<std::string> loaded;
    for (const AuditedBlock& block : blocks_) {
      if (!part.meets(span_of(block.meta))) continue;
      PROMFILL_TRY(const BlockReader reader, BlockReader::open(*environment_.fs, block.path));
      PROMFILL_TRY(const bool fits, samples.add_block(reader, part));
      if (!fits) return samples.mostly_labels() ? Fit::kTooManySeries : Fit::kTooManySamples;
      loaded.push_back(block.path);
    }
    samples.seal();
    MemoryCharge charge(*environment_.budget);
    charge.resize(samples.memory_bytes());

    Differences differences(environment_.differences_max);
    CellCheck check(samples, rules_, names_, differences);
    Ledger judged;
    std::vector<std::vector<bool>> judged_pieces = judged_;
    for (std::uint32_t s = 0; s < sources_.size(); ++s) {
      SourceCells cells(plan_.plans[s], s, plan_.metrics, part, samples, check, bytes_max_ / 8);
      for (std::size_t p = 0; p < sources_[s]->pieces().size(); ++p) {
        if (!wants_piece(s, p, part)) continue;
        PROMFILL_TRY(const Ledger of_piece, check_piece(s, p, cells));
        if (!judged_[s][p]) judged += of_piece;
        judged_pieces[s][p] = true;
        if (samples.memory_bytes() + check.memory_bytes() > bytes_max_) return Fit::kTooManySamples;
      }
    }
    report_.tally += check.finish(loaded);
    report_.judged += judged;
    differences_.add(differences);
    ++report_.parts;
    judged_ = std::move(judged_pieces);
    return Fit::kFits;
  }

  /// Known without loading it: where several blocks have more samples than memory has room.
  [[nodiscard]] bool surely_too_large(const AuditPart& part) const {
    static constexpr std::uint64_t kSampleBytes = 17;
    std::uint64_t samples = 0;
    std::size_t blocks = 0;
    for (const BlockMeta& meta : metas_) {
      const TimeSpan span = span_of(meta);
      if (!part.has_time(span.min) || !part.has_time(span.max)) continue;
      samples += meta.stats.samples;
      ++blocks;
    }
    return blocks > 1 && part.hash_mask == 0 && samples > bytes_max_ / kSampleBytes;
  }

  /// False where the source's statistics say that the piece has no rows in the part. One without rows to keep is read
  /// once, for the ledger; any other has a part, as parts cover all times.
  [[nodiscard]] bool wants_piece(std::uint32_t source, std::size_t piece, const AuditPart& part) const {
    const std::optional<TimeSpan>& times = plan_.piece_times[source][piece];
    if (!times) return true;
    return times->empty() ? !judged_[source][piece] : part.meets(*times);
  }

  /// @return the piece's share of the ledger, as far as mapping decides it.
  Result<Ledger> check_piece(std::uint32_t source, std::size_t piece, SourceCells& cells) {
    static constexpr TimeSpan kAnyTime{.min = kTimestampMin, .max = kTimestampMax};
    const std::span<const ColumnRequest> columns = plan_.plans[source].columns();
    PROMFILL_TRY(const auto reader, sources_[source]->read(piece, columns, environment_.batch_rows));
    const TimeSpan expected = plan_.piece_times[source][piece].value_or(kAnyTime);
    MemoryCharge charge(*environment_.budget);
    Ledger judged;
    while (true) {
      PROMFILL_TRY(std::optional<ColumnBatch> batch, reader->next());
      if (!batch) return judged;
      PROMFILL_TRY_STATUS(cells.offer(*std::move(batch), expected));
      charge.resize(cells.memory_bytes());
      judged += cells.judged();
    }
  }

  Result<std::pair<AuditPart, AuditPart>> split(const AuditPart& part, Fit fit) const {
    const auto by_time = split_by_time(part, metas_);
    const auto by_series = split_by_series(part);
    const auto& halves = by_series && (fit == Fit::kTooManySeries || !by_time) ? by_series : by_time;
    if (halves) return *halves;
    return Error{ErrorCode::kLimit, "what the sources offer for one series does not fit into the memory", "",
                 "raise --memory-limit"};
  }

  std::span<const std::unique_ptr<Source>> sources_;
  JobPlan plan_;
  CellRules rules_;
  std::vector<AuditedBlock> blocks_;
  std::vector<BlockMeta> metas_;  // of blocks_
  const AuditEnvironment& environment_;
  std::uint64_t bytes_max_;
  std::vector<std::string> names_;         // of the sources
  std::vector<std::vector<bool>> judged_;  // by source and piece: its share of the ledger is counted
  Differences differences_;
  AuditReport report_;
};

}  // namespace

Result<AuditReport> audit_blocks(std::span<const std::unique_ptr<Source>> sources, const Mapping& mapping,
                                 const BackfillOptions& options, std::span<const std::string> blocks,
                                 const AuditEnvironment& environment) {
  BackfillOptions counted = options;
  counted.on_reject = RejectPolicy::kDrop;  // their records are of no interest
  counted.rejects_max.reset();
  counted.counter_start = CounterStart::kNone;  // what is no cell is looked at by itself
  counted.stale_after.reset();
  counted.block_duration = Duration{2 * 3600 * 1000};  // any: the blocks are there, nothing is to be chosen
  PROMFILL_TRY(JobPlan plan, plan_job(sources, mapping, counted, environment.clock->now()));
  PROMFILL_TRY(std::vector<AuditedBlock> audited, read_metas(*environment.fs, blocks));
  const CellRules rules{
      .policy = options.on_duplicate,
      .makes_zeros = options.counter_start == CounterStart::kZero || mapping.counter_start_zero,
      .makes_markers = options.stale_after || mapping.stale_after,
  };
  return Audit(sources, std::move(plan), rules, std::move(audited), environment).run();
}

}  // namespace promfill
