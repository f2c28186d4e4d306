// See source_input.h.
#include "backfill/source_input.h"

#include <algorithm>
#include <map>
#include <utility>

#include "backfill/read_order.h"
#include "mapping/row_mapper.h"

namespace promfill {
namespace {

/// What to add to the numbers of a piece's rows, which may be counted from its own beginning.
Result<std::int64_t> rows_before_piece(Source& source, std::size_t index) {
  if (source.pieces()[index].first_row > 0) return std::int64_t{0};
  PROMFILL_TRY(const std::int64_t first_row, source.first_row(index));
  return first_row - 1;
}

/// @param row  as the piece counts.
std::string place_of_row(Source& source, std::size_t index, const char* words, std::int64_t row) {
  const Result<std::int64_t> before = rows_before_piece(source, index);
  return before ? source.name() + words + std::to_string(row + *before) : source.name();
}

}  // namespace

class SourceInput::PieceProducer final : public Producer {
 public:
  PieceProducer(const SourceInput& input, const ProducerOptions& options) : input_(input), options_(options) {}

  Result<bool> begin(std::size_t piece) override {
    if (piece >= input_.pieces_.size()) return false;
    piece_ = &input_.pieces_[piece];
    if (mappers_.size() > kMappersMax) mappers_.clear();
    const Plan* const plan = piece_->source->plan;
    mapper_ = &mappers_.try_emplace(plan, *plan, options_).first->second;
    PROMFILL_TRY(reader_, piece_->source->source->read(piece_->index, plan->columns(), options_.batch_rows));
    return true;
  }

  Result<std::optional<SampleBatch>> next() override {
    PROMFILL_TRY(std::optional<ColumnBatch> columns, reader_->next());
    if (!columns) {
      const std::uint64_t bytes = piece_->source->source->pieces()[piece_->index].bytes;
      options_.progress->bytes_read.fetch_add(bytes, std::memory_order_relaxed);
      return std::optional<SampleBatch>();
    }
    PROMFILL_TRY_STATUS(number_unknown_columns(*columns));
    const std::int64_t row = columns->first_row;
    Result<SampleBatch> mapped = mapper_->rows.map(*std::move(columns), options_.used->take());
    if (!mapped) {
      Error error = std::move(mapped).error();
      if (error.where.empty()) error.where = place_of_row(*piece_->source->source, piece_->index, ", rows from ", row);
      return error;
    }
    mapper_->charge.resize(mapper_->rows.memory_bytes());
    return std::optional(*std::move(mapped));
  }

 private:
  /// They end a job whose metrics were inferred; its error names the file's row, though the piece counts from its own.
  Status number_unknown_columns(ColumnBatch& batch) const {
    Source& source = *piece_->source->source;
    if (batch.unknown_columns.empty() || !piece_->source->plan->metrics_inferred()) return {};
    PROMFILL_TRY(const std::int64_t rows_before, rows_before_piece(source, piece_->index));
    for (UnknownColumn& column : batch.unknown_columns) column.number += rows_before;
    return {};
  }

  struct Mapper {
    Mapper(const Plan& plan, const ProducerOptions& options)
        : rows(plan, options.remembered_bytes), charge(*options.budget) {}
    RowMapper rows;
    MemoryCharge charge;
  };
  static constexpr std::size_t kMappersMax = 4;  // sources are read one after the other, mostly

  const SourceInput& input_;
  ProducerOptions options_;
  const Piece* piece_ = nullptr;
  std::map<const Plan*, Mapper> mappers_;
  Mapper* mapper_ = nullptr;
  std::unique_ptr<BatchReader> reader_;
};

SourceInput::SourceInput(std::span<const PlannedSource> sources) {
  std::vector<std::vector<std::optional<TimeSpan>>> times;
  for (const PlannedSource& source : sources) {
    sources_.push_back(source.source);
    times.push_back(source.piece_times);
    times.back().resize(source.source->pieces().size());
  }
  for (const OrderedPiece& piece : order_pieces(times)) {
    pieces_.push_back({&sources[piece.source], piece.piece, piece.all_later_from});
  }
}

std::unique_ptr<Producer> SourceInput::producer(const ProducerOptions& options) {
  return std::make_unique<PieceProducer>(*this, options);
}

Timestamp SourceInput::all_later_from(std::size_t piece) const { return pieces_[piece].all_later_from; }

std::string SourceInput::where(std::size_t piece) const {
  Source& source = *pieces_[piece].source->source;
  const std::size_t index = pieces_[piece].index;
  const std::int64_t first_row = source.pieces()[index].first_row;
  return place_of_row(source, index, ", at or after row ", std::max<std::int64_t>(1, first_row));
}

Result<std::int64_t> SourceInput::rows_before(std::size_t piece) {
  return rows_before_piece(*pieces_[piece].source->source, pieces_[piece].index);
}

void SourceInput::cancel() {
  for (Source* const source : sources_) source->cancel();
}

void SourceInput::skip(std::size_t pieces, Progress& progress) {
  PROMFILL_ASSERT(pieces <= pieces_.size());
  for (std::size_t p = 0; p < pieces; ++p) {
    const PieceInfo& piece = pieces_[p].source->source->pieces()[pieces_[p].index];
    progress.rows_read += static_cast<std::uint64_t>(piece.rows);
    progress.bytes_read += piece.bytes;
  }
}

}  // namespace promfill
