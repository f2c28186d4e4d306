// See reading.h.
#include "backfill/reading.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <limits>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "resource/bounded_queue.h"

namespace promfill {
namespace {

/// A batch on its way to every shard, which share it; without one, the end of a piece, or of all. An error takes the
/// place of the batches that can't be read, so that the first one in the input's order is reported, whichever thread
/// was faster.
struct Item {
  std::shared_ptr<const SampleBatch> batch{};
  bool checkpoint = false;  ///< at the end of a piece: make one
  bool ended = false;       ///< there are no more pieces
  std::shared_ptr<const Error> error{};
};
using Queue = BoundedQueue<Item>;

class Reading {
 public:
  Reading(Input& input, const ReadingOptions& options, Ingest& ingest, RejectsFile& rejects, Progress& progress,
          const std::stop_token& stop)
      : input_(input),
        options_(options),
        ingest_(ingest),
        rejects_(rejects),
        progress_(progress),
        stop_(stop),
        used_(*options.budget) {
    const std::size_t pieces = input.pieces().value_or(std::numeric_limits<std::size_t>::max());
    decoders_ = static_cast<std::uint32_t>(std::clamp<std::size_t>(pieces, 1, options.decoders));
    for (std::uint32_t i = 0; i < decoders_ * ingest.shards(); ++i) queues_.emplace_back(options.queue_batches);
  }

  Status run() {
    input_.skip(options_.first_piece, progress_);
    {
      const std::stop_callback wake(stop_, [this] { input_.cancel(); });
      std::vector<std::jthread> threads;
      try {
        for (std::uint32_t d = 0; d < decoders_; ++d) threads.emplace_back([this, d] { decode(d); });
        for (std::uint32_t s = 0; s < ingest_.shards(); ++s) threads.emplace_back([this, s] { consume(s); });
      } catch (const std::system_error& error) {
        fail(0, {ErrorCode::kLimit, std::string("start threads: ") + error.what(), "", "lower --threads"});
      }
      threads.clear();
    }
    const std::scoped_lock lock(mutex_);
    if (error_) return *error_;
    return {};
  }

 private:
  Queue& queue(std::uint32_t decoder, std::uint32_t shard) { return queues_[decoder * ingest_.shards() + shard]; }

  void decode(std::uint32_t decoder) {
    const std::unique_ptr<Producer> producer =
        input_.producer({.budget = options_.budget,
                         .progress = &progress_,
                         .used = &used_,
                         .batch_rows = options_.batch_rows,
                         .remembered_bytes = options_.remembered_bytes / decoders_});
    std::size_t piece = options_.first_piece;
    while (piece % decoders_ != decoder) ++piece;
    for (; !failed_; piece += decoders_) {
      Result<bool> more = decode_piece(decoder, piece, *producer);
      if (!more && more.error().code == ErrorCode::kStopped) return fail(piece, std::move(more).error());
      if (!more) {
        send(decoder, {.error = std::make_shared<const Error>(std::move(more).error())});
        return;
      }
      if (!*more) return;
    }
  }

  /// False when there is no such piece, or others have failed.
  Result<bool> decode_piece(std::uint32_t decoder, std::size_t piece, Producer& producer) {
    PROMFILL_TRY(const bool exists, producer.begin(piece));
    while (true) {
      if (stop_.stop_requested()) return Error{ErrorCode::kStopped, "stopped on request", "", ""};
      if (!exists) {
        send(decoder, {nullptr, false, true});
        return false;
      }
      PROMFILL_TRY(std::optional<SampleBatch> mapped, producer.next());
      if (!mapped) break;
      mapped->charge.resize(mapped->memory_bytes());
      progress_.rows_read.fetch_add(mapped->judged.rows_read, std::memory_order_relaxed);
      progress_.cells.fetch_add(mapped->judged.cells, std::memory_order_relaxed);
      progress_.nulls.fetch_add(mapped->judged.nulls, std::memory_order_relaxed);
      progress_.rejected.fetch_add(mapped->judged.rejected, std::memory_order_relaxed);
      if (!send(decoder, {share(*std::move(mapped))})) return false;
    }
    progress_.pieces_read.fetch_add(1, std::memory_order_relaxed);
    return send(decoder, {nullptr, options_.checkpoints != nullptr && options_.checkpoints->is_due()});
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
    Status status = p > 0 ? ingest_.advance(shard, input_.all_later_from(p - 1)) : Status();
    for (; status; ++p) {
      Result<Piece> end = consume_piece(shard, p);
      if (end && *end == Piece::kFailed) return;
      if (end && *end == Piece::kNone) break;
      status = end ? ingest_.advance(shard, input_.all_later_from(p)) : Status(std::move(end).error());
      if (!status) break;
    }
    if (status) status = ingest_.advance(shard, kTimestampMax);
    if (!status) fail(p, std::move(status).error());
  }

  /// How the stream of a piece's batches has ended.
  enum class Piece : std::uint8_t {
    kWhole,
    kNone,    ///< there is no such piece
    kFailed,  ///< others have failed before
  };

  Result<Piece> consume_piece(std::uint32_t shard, std::size_t piece) {
    Queue& from = queue(static_cast<std::uint32_t>(piece % decoders_), shard);
    while (true) {
      const std::optional<Item> item = from.pop();
      if (!item) return Piece::kFailed;
      if (item->error != nullptr) return *item->error;
      if (item->ended) return Piece::kNone;
      if (item->batch == nullptr) {
        if (item->checkpoint) PROMFILL_TRY_STATUS(options_.checkpoints->reach(shard, piece + 1));
        return Piece::kWhole;
      }
      PROMFILL_TRY_STATUS(append(shard, *item->batch, piece));
      if (shard == 0) PROMFILL_TRY_STATUS(add_rejects(item->batch->rejects, piece));
      if (options_.sorted) PROMFILL_TRY_STATUS(ingest_.advance(shard, latest(item->batch->times_ms)));
    }
  }

  Status add_rejects(std::span<const Reject> rejects, std::size_t piece) {
    if (rejects.empty()) return {};
    PROMFILL_TRY(const std::int64_t rows_before, input_.rows_before(piece));
    if (rows_before == 0) return rejects_.add(rejects);
    std::vector<Reject> placed(rejects.begin(), rejects.end());
    for (Reject& reject : placed) reject.row += rows_before;
    return rejects_.add(placed);
  }

  /// The engine doesn't know where rows come from.
  Status append(std::uint32_t shard, const SampleBatch& batch, std::size_t piece) {
    Status appended = ingest_.append(shard, batch);
    if (appended || !appended.error().where.empty()) return appended;
    Error error = std::move(appended).error();
    error.where = input_.where(piece);
    return error;
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
    input_.cancel();
  }

  Input& input_;
  ReadingOptions options_;
  Ingest& ingest_;
  RejectsFile& rejects_;
  Progress& progress_;
  std::stop_token stop_;
  std::uint32_t decoders_ = 1;
  UsedBatches used_;  // before the queues, whose batches go back to it
  std::deque<Queue> queues_;
  std::mutex mutex_;
  std::optional<Error> error_;
  std::size_t failed_piece_ = 0;
  std::atomic<bool> failed_{false};
};

}  // namespace

Status read_input(Input& input, const ReadingOptions& options, Ingest& ingest, RejectsFile& rejects, Progress& progress,
                  const std::stop_token& stop) {
  return Reading(input, options, ingest, rejects, progress, stop).run();
}

}  // namespace promfill
