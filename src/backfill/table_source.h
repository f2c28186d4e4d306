// A table in memory as a Source: what a second kind of input has to provide, and what the conductor's tests feed.
// Columns are int64, double or text; a piece is a range of rows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "source/source.h"

namespace promfill {

/// One column; empty entries are nulls.
struct TableColumn {
  std::string name;
  std::variant<std::vector<std::optional<std::int64_t>>, std::vector<std::optional<double>>,
               std::vector<std::optional<std::string>>>
      cells;

  [[nodiscard]] std::size_t rows() const {
    return std::visit([](const auto& all) { return all.size(); }, cells);
  }
};

class TableSource final : public Source {
 public:
  TableSource(std::string name, std::vector<TableColumn> columns, std::size_t piece_rows)
      : name_(std::move(name)), columns_(std::move(columns)) {
    for (const TableColumn& column : columns_) {
      static constexpr ColumnKind kKinds[] = {ColumnKind::kInt64, ColumnKind::kDouble, ColumnKind::kUtf8};
      static constexpr const char* kNames[] = {"int64", "double", "string"};
      ColumnType type;
      type.kind = kKinds[column.cells.index()];
      type.source_type = kNames[column.cells.index()];
      schema_.push_back({column.name, type});
    }
    const std::size_t rows = columns_.front().rows();
    for (std::size_t from = 0; from < rows; from += piece_rows) {
      PieceInfo piece;
      piece.rows = static_cast<std::int64_t>(std::min(piece_rows, rows - from));
      piece.first_row = static_cast<std::int64_t>(from) + 1;
      piece.bytes = static_cast<std::uint64_t>(piece.rows) * 8;
      pieces_.push_back(piece);
    }
  }

  /// Call `what` whenever the piece begins to be read.
  void before_piece(std::size_t piece, std::function<void()> what) { before_piece_[piece] = std::move(what); }

  /// End the reading of the piece that has this row (from 1) with an error, after the rows before it.
  void fail_at(std::int64_t row, Error error) { errors_.insert_or_assign(row, std::move(error)); }

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] const SourceSchema& schema() const override { return schema_; }
  [[nodiscard]] std::span<const PieceInfo> pieces() const override { return pieces_; }
  Result<std::unique_ptr<BatchReader>> read(std::size_t piece, std::span<const ColumnRequest> columns,
                                            std::int64_t batch_rows) override {
    if (const auto at = before_piece_.find(piece); at != before_piece_.end()) at->second();
    return std::unique_ptr<BatchReader>(std::make_unique<Reader>(*this, pieces_[piece], columns, batch_rows));
  }

 private:
  /// Buffers of one batch in the canonical layouts.
  struct Buffers {
    std::vector<std::vector<std::int64_t>> int64s;
    std::vector<std::vector<double>> doubles;
    std::vector<std::vector<std::int32_t>> offsets;
    std::vector<std::vector<char>> texts;
    std::vector<std::vector<std::uint8_t>> validity;
  };

  class Reader final : public BatchReader {
   public:
    Reader(const TableSource& table, const PieceInfo& piece, std::span<const ColumnRequest> columns,
           std::int64_t batch_rows)
        : table_(table),
          columns_(columns.begin(), columns.end()),
          next_(piece.first_row - 1),
          end_(next_ + piece.rows),
          batch_rows_(batch_rows) {}

    Result<std::optional<ColumnBatch>> next() override {
      if (next_ >= end_) return std::optional<ColumnBatch>();
      ColumnBatch batch;
      batch.first_row = next_ + 1;
      batch.rows = std::min(batch_rows_, end_ - next_);
      const auto error = table_.errors_.lower_bound(batch.first_row);
      if (error != table_.errors_.end()) {
        if (error->first == batch.first_row) return error->second;
        batch.rows = std::min(batch.rows, error->first - batch.first_row);
      }
      const auto buffers = std::make_shared<Buffers>();
      for (const ColumnRequest& request : columns_) {
        const auto& cells = table_.columns_[request.column].cells;
        batch.columns.push_back(std::visit([&](const auto& all) { return view(all, *buffers, batch.rows); }, cells));
      }
      batch.owner = buffers;
      next_ += batch.rows;
      return std::optional(std::move(batch));
    }

   private:
    template <typename T>
    ColumnView view(const std::vector<std::optional<T>>& cells, Buffers& buffers, std::int64_t rows) const {
      ColumnView column;
      std::vector<std::uint8_t>& bits = buffers.validity.emplace_back(static_cast<std::size_t>(rows / 8 + 1));
      std::vector<T> values;
      for (std::int64_t i = 0; i < rows; ++i) {
        const std::optional<T>& cell = cells[static_cast<std::size_t>(next_ + i)];
        values.push_back(cell.value_or(T{}));
        if (!cell) {
          ++column.null_count;
          continue;
        }
        std::uint8_t& byte = bits[static_cast<std::size_t>(i / 8)];
        byte = static_cast<std::uint8_t>(byte | (1U << (i % 8)));
      }
      column.validity = bits.data();
      fill(column, std::move(values), buffers);
      return column;
    }
    static void fill(ColumnView& column, std::vector<std::int64_t> values, Buffers& buffers) {
      column.kind = ColumnKind::kInt64;
      column.values = buffers.int64s.emplace_back(std::move(values)).data();
    }
    static void fill(ColumnView& column, std::vector<double> values, Buffers& buffers) {
      column.kind = ColumnKind::kDouble;
      column.values = buffers.doubles.emplace_back(std::move(values)).data();
    }
    static void fill(ColumnView& column, const std::vector<std::string>& values, Buffers& buffers) {
      column.kind = ColumnKind::kUtf8;
      std::vector<std::int32_t>& offsets = buffers.offsets.emplace_back(std::vector<std::int32_t>{0});
      std::vector<char>& text = buffers.texts.emplace_back();
      for (const std::string& value : values) {
        text.insert(text.end(), value.begin(), value.end());
        offsets.push_back(static_cast<std::int32_t>(text.size()));
      }
      column.values = text.data();
      column.offsets = offsets.data();
    }

    const TableSource& table_;
    std::vector<ColumnRequest> columns_;
    std::int64_t next_;
    std::int64_t end_;
    std::int64_t batch_rows_;
  };

  std::map<std::size_t, std::function<void()>> before_piece_;
  std::map<std::int64_t, Error> errors_;
  std::string name_;
  std::vector<TableColumn> columns_;
  SourceSchema schema_;
  std::vector<PieceInfo> pieces_;
};

}  // namespace promfill
