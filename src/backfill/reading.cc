// See reading.h.
#include "backfill/reading.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "backfill/read_order.h"
#include "mapping/row_mapper.h"
#include "resource/bounded_queue.h"

namespace promfill {
namespace {

struct Piece {
  const PlannedSource* source = nullptr;
  std::size_t index = 0;
  Timestamp all_later_from = kTimestampMin;
};

std::vector<Piece> pieces_of(std::span<const PlannedSource> sources) {
  std::vector<std::vector<std::optional<TimeSpan>>> times;
  for (const PlannedSource& source : sources) {
    times.push_back(source.piece_times);
    times.back().resize(source.source->pieces().size());
  }
  std::vector<Piece> pieces;
  for (const OrderedPiece& piece : order_pieces(times)) {
    pieces.push_back({&sources[piece.source], piece.piece, piece.all_later_from});
  }
  return pieces;
}

/// A batch on its way to every shard, which share it; without one, the end of a piece. An error takes the place of the
/// batches that can't be read, so that the first one in source order is reported, whichever thread was faster.
struct Item {
  std::shared_ptr<const SampleBatch> batch;
  bool checkpoint = false;  ///< at the end of a piece: make one
  std::shared_ptr<const Error> error{};
};
using Queue = BoundedQueue<Item>;

/// Batches that every shard has taken, for the next rows: memory that was touched before costs nothing to touch again.
class UsedBatches {
 public:
  explicit UsedBatches(MemoryBudget& budget) : budget_(&budget) {}
  SampleBatch take() {
    const std::scoped_lock lock(mutex_);
    if (batches_.empty()) {
      SampleBatch fresh;
      fresh.charge = MemoryCharge(*budget_);
      return fresh;
    }
    SampleBatch batch = std::move(batches_.back());
    batches_.pop_back();
    return batch;
  }
  void give(SampleBatch batch) {
    batch.reset();
    const std::scoped_lock lock(mutex_);
    batches_.push_back(std::move(batch));
  }

 private:
  MemoryBudget* budget_;
  std::mutex mutex_;
  std::vector<SampleBatch> batches_;
};

class Reading {
 public:
  Reading(std::span<const PlannedSource> sources, const ReadingOptions& options, Ingest& ingest, RejectsFile& rejects,
          Progress& progress, const std::stop_token& stop)
      : options_(options),
        ingest_(ingest),
        rejects_(rejects),
        progress_(progress),
        stop_(stop),
        pieces_(pieces_of(sources)),
        used_(*options.budget) {
    decoders_ = static_cast<std::uint32_t>(std::clamp<std::size_t>(pieces_.size(), 1, options.decoders));
    for (std::uint32_t i = 0; i < decoders_ * ingest.shards(); ++i) queues_.emplace_back(options.queue_batches);
  }

  Status run() {
    PROMFILL_ASSERT(options_.first_piece <= pieces_.size());
    for (std::size_t p = 0; p < options_.first_piece; ++p) {
      const PieceInfo& piece = pieces_[p].source->source->pieces()[pieces_[p].index];
      progress_.rows_read += static_cast<std::uint64_t>(piece.rows);
      progress_.bytes_read += piece.bytes;
    }
    {
      std::vector<std::jthread> threads;
      try {
        for (std::uint32_t d = 0; d < decoders_; ++d) threads.emplace_back([this, d] { decode(d); });
        for (std::uint32_t s = 0; s < ingest_.shards(); ++s) threads.emplace_back([this, s] { consume(s); });
      } catch (const std::system_error& error) {
        fail(0, {ErrorCode::kLimit, std::string("start threads: ") + error.what(), "", "lower --threads"});
      }
    }
    const std::scoped_lock lock(mutex_);
    if (error_) return *error_;
    return {};
  }

 private:
  struct Mapper {
    Mapper(const Plan& plan, std::uint64_t remembered_bytes, MemoryBudget& budget)
        : rows(plan, remembered_bytes), charge(budget) {}
    RowMapper rows;
    MemoryCharge charge;
  };
  static constexpr std::size_t kMappersMax = 4;  // sources are read one after the other, mostly

  Queue& queue(std::uint32_t decoder, std::uint32_t shard) { return queues_[decoder * ingest_.shards() + shard]; }

  void decode(std::uint32_t decoder) {
    std::map<const Plan*, Mapper> mappers;
    for (std::size_t p = options_.first_piece; p < pieces_.size() && !failed_; ++p) {
      if (p % decoders_ != decoder) continue;
      const Plan* const plan = pieces_[p].source->plan;
      const std::uint64_t remembered_bytes = options_.remembered_bytes / decoders_;
      Mapper& mapper = mappers.try_emplace(plan, *plan, remembered_bytes, *options_.budget).first->second;
      Status status = decode_piece(decoder, pieces_[p], mapper);
      if (!status && status.error().code == ErrorCode::kStopped) return fail(p, std::move(status).error());
      if (!status) {
        send(decoder, {nullptr, false, std::make_shared<const Error>(std::move(status).error())});
        return;
      }
      if (mappers.size() > kMappersMax) mappers.clear();
    }
  }

  Status decode_piece(std::uint32_t decoder, const Piece& piece, Mapper& mapper) {
    Source& source = *piece.source->source;
    PROMFILL_TRY(const auto reader, source.read(piece.index, piece.source->plan->columns(), options_.batch_rows));
    while (true) {
      if (stop_.stop_requested()) return Error{ErrorCode::kStopped, "stopped on request", source.name(), ""};
      PROMFILL_TRY(std::optional<ColumnBatch> columns, reader->next());
      if (!columns) break;
      progress_.rows_read.fetch_add(static_cast<std::uint64_t>(columns->rows), std::memory_order_relaxed);
      PROMFILL_TRY_STATUS(number_unknown_columns(piece, *columns));
      const std::int64_t row = columns->first_row;
      Result<SampleBatch> mapped_rows = mapper.rows.map(*std::move(columns), used_.take());
      if (!mapped_rows) return placed(std::move(mapped_rows).error(), piece, ", rows from ", row);
      SampleBatch mapped = *std::move(mapped_rows);
      mapped.charge.resize(mapped.memory_bytes());
      mapper.charge.resize(mapper.rows.memory_bytes());
      progress_.cells.fetch_add(mapped.judged.cells, std::memory_order_relaxed);
      if (!send(decoder, {share(std::move(mapped))})) return {};
    }
    progress_.bytes_read.fetch_add(source.pieces()[piece.index].bytes, std::memory_order_relaxed);
    send(decoder, {nullptr, options_.checkpoints != nullptr && options_.checkpoints->is_due()});
    return {};
  }

  /// They end a job whose metrics were inferred; its error names the file's row, though the piece counts from its own.
  static Status number_unknown_columns(const Piece& piece, ColumnBatch& batch) {
    Source& source = *piece.source->source;
    if (batch.unknown_columns.empty() || source.pieces()[piece.index].first_row > 0) return {};
    if (!piece.source->plan->metrics_inferred()) return {};
    PROMFILL_TRY(const std::int64_t first_row, source.first_row(piece.index));
    for (UnknownColumn& column : batch.unknown_columns) column.number += first_row - 1;
    return {};
  }

  std::shared_ptr<const SampleBatch> share(SampleBatch batch) {
    const auto give_back = [this](SampleBatch* done) {
      used_.give(std::move(*done));
      std::default_delete<SampleBatch>()(done);
    };
    return {std::make_unique<SampleBatch>(std::move(batch)).release(), give_back};
  }

  /// False once the job has failed.
  bool send(std::uint32_t decoder, const Item& item) {
    for (std::uint32_t s = 0; s < ingest_.shards(); ++s) {
      if (!queue(decoder, s).push(item)) return false;
    }
    return true;
  }

  void consume(std::uint32_t shard) {
    std::size_t p = options_.first_piece;
    Status status = p > 0 ? ingest_.advance(shard, pieces_[p - 1].all_later_from) : Status();
    for (; status && p < pieces_.size(); ++p) {
      Result<bool> more = consume_piece(shard, p);
      if (more && !*more) return;  // the job has failed
      status = more ? Status() : Status(std::move(more).error());
      if (!status) break;
      if (p + 1 < pieces_.size()) status = ingest_.advance(shard, pieces_[p].all_later_from);
    }
    if (status) status = ingest_.advance(shard, kTimestampMax);
    if (!status) fail(p, std::move(status).error());
  }

  /// Take a piece to its end. False when others have failed before.
  Result<bool> consume_piece(std::uint32_t shard, std::size_t piece) {
    Queue& from = queue(static_cast<std::uint32_t>(piece % decoders_), shard);
    while (true) {
      const std::optional<Item> item = from.pop();
      if (!item) return false;
      if (item->error != nullptr) return *item->error;
      if (item->batch == nullptr) {
        if (item->checkpoint) PROMFILL_TRY_STATUS(options_.checkpoints->reach(shard, piece + 1));
        return true;
      }
      PROMFILL_TRY_STATUS(append(shard, *item->batch, pieces_[piece]));
      if (shard == 0) PROMFILL_TRY_STATUS(add_rejects(item->batch->rejects, pieces_[piece]));
      if (options_.sorted) PROMFILL_TRY_STATUS(ingest_.advance(shard, latest(item->batch->times_ms)));
    }
  }

  /// Rows of a piece may be counted from its own beginning: what was before it is known by now.
  Status add_rejects(std::span<const Reject> rejects, const Piece& piece) {
    Source& source = *piece.source->source;
    if (rejects.empty() || source.pieces()[piece.index].first_row > 0) return rejects_.add(rejects);
    PROMFILL_TRY(const std::int64_t first_row, source.first_row(piece.index));
    std::vector<Reject> placed(rejects.begin(), rejects.end());
    for (Reject& reject : placed) reject.row += first_row - 1;
    return rejects_.add(placed);
  }

  /// Neither mapping nor the engine knows where rows come from. @param row  as the piece counts.
  static Error placed(Error error, const Piece& piece, const char* words, std::int64_t row) {
    if (!error.where.empty()) return error;
    Source& source = *piece.source->source;
    error.where = source.name();
    if (source.pieces()[piece.index].first_row == 0) {  // it counts from its own beginning
      const Result<std::int64_t> first_row = source.first_row(piece.index);
      if (!first_row) return error;
      row += *first_row - 1;
    }
    error.where += words + std::to_string(row);
    return error;
  }

  Status append(std::uint32_t shard, const SampleBatch& batch, const Piece& piece) {
    Status appended = ingest_.append(shard, batch);
    if (appended) return appended;
    const std::int64_t first_row = piece.source->source->pieces()[piece.index].first_row;
    return placed(std::move(appended).error(), piece, ", at or after row ", std::max<std::int64_t>(1, first_row));
  }

  static Timestamp latest(std::span<const std::int64_t> times_ms) {
    return times_ms.empty() ? kTimestampMin : Timestamp{*std::max_element(times_ms.begin(), times_ms.end())};
  }

  /// Keep the error of the earliest piece, and end every thread.
  void fail(std::size_t piece, Error error) {
    {
      const std::scoped_lock lock(mutex_);
      if (!error_ || piece < failed_piece_) {
        error_ = std::move(error);
        failed_piece_ = piece;
      }
    }
    failed_ = true;
    for (Queue& one : queues_) one.cancel();
    if (options_.checkpoints != nullptr) options_.checkpoints->cancel();
  }

  ReadingOptions options_;
  Ingest& ingest_;
  RejectsFile& rejects_;
  Progress& progress_;
  std::stop_token stop_;
  std::vector<Piece> pieces_;
  std::uint32_t decoders_ = 1;
  UsedBatches used_;  // before the queues, whose batches go back to it
  std::deque<Queue> queues_;
  std::mutex mutex_;
  std::optional<Error> error_;
  std::size_t failed_piece_ = 0;
  std::atomic<bool> failed_{false};
};

}  // namespace

Status read_sources(std::span<const PlannedSource> sources, const ReadingOptions& options, Ingest& ingest,
                    RejectsFile& rejects, Progress& progress, const std::stop_token& stop) {
  return Reading(sources, options, ingest, rejects, progress, stop).run();
}

}  // namespace promfill
