// For tests: tables written down cell by cell, as schema and batches in the canonical layouts of column.h.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "model/column.h"

namespace promfill {

/// A cell; monostate is null. Timestamps and durations are int64, as are the bits of uint64.
using Cell = std::variant<std::monostate, std::int64_t, double, bool, std::string>;

struct FixtureColumn {
  std::string name;
  ColumnKind kind = ColumnKind::kInt64;
  std::vector<Cell> cells;
  TimeUnit unit = TimeUnit::kMilliseconds;  ///< of kTimestamp and kDuration
  bool zoned = true;                        ///< of kTimestamp
};

class FixtureTable {
 public:
  FixtureTable() = default;
  explicit FixtureTable(std::vector<FixtureColumn> columns) : columns_(std::move(columns)) {}

  [[nodiscard]] const std::vector<FixtureColumn>& columns() const { return columns_; }
  [[nodiscard]] std::size_t rows() const { return columns_.empty() ? 0 : columns_.front().cells.size(); }

  [[nodiscard]] SourceSchema schema() const {
    SourceSchema schema;
    for (const FixtureColumn& column : columns_) {
      ColumnType type;
      type.kind = column.kind;
      type.unit = column.unit;
      type.zoned = column.zoned;
      type.source_type = to_string(column.kind);
      schema.push_back({column.name, type});
    }
    return schema;
  }

  /// Rows [begin, end) of the columns asked for.
  /// @param skipped  rows of rubbish in front of each column, skipped by ColumnView::offset.
  [[nodiscard]] ColumnBatch batch(std::span<const ColumnRequest> requests, std::size_t begin, std::size_t end,
                                  std::size_t skipped = 0) const {
    ColumnBatch batch;
    batch.rows = static_cast<std::int64_t>(end - begin);
    batch.first_row = static_cast<std::int64_t>(begin) + 1;
    auto memory = std::make_shared<std::vector<std::shared_ptr<const Memory>>>();
    for (const ColumnRequest& request : requests) {
      const FixtureColumn& column = columns_[request.column];
      auto owned = lay_out(column, std::span(column.cells).subspan(begin, end - begin), skipped);
      batch.columns.push_back(owned->view);
      memory->push_back(std::move(owned));
    }
    batch.owner = std::move(memory);
    return batch;
  }

 private:
  struct Memory {
    std::vector<std::uint8_t> validity;
    std::vector<std::int64_t> int64s;
    std::vector<double> doubles;
    std::vector<std::uint8_t> bits;
    std::vector<std::int32_t> int32s;  // offsets of text, or codes
    std::string text;
    ColumnView view;
  };

  static void append_bit(std::vector<std::uint8_t>& bits, std::size_t at, bool bit) {
    if (at % 8 == 0) bits.push_back(0);
    if (bit) bits.back() = static_cast<std::uint8_t>(bits.back() | (1U << (at % 8)));
  }

  static void append_text(Memory& memory, const std::string& text) {
    if (memory.int32s.empty()) memory.int32s.push_back(0);
    memory.text += text;
    memory.int32s.push_back(static_cast<std::int32_t>(memory.text.size()));
  }

  /// One cell in the column's layout; rubbish under a null.
  static void append(const FixtureColumn& column, const Cell& cell, std::vector<std::string>& entries, Memory& memory) {
    const auto* integer = std::get_if<std::int64_t>(&cell);
    const auto* number = std::get_if<double>(&cell);
    const auto* text = std::get_if<std::string>(&cell);
    switch (column.kind) {
      case ColumnKind::kInt64:
      case ColumnKind::kUint64:
      case ColumnKind::kTimestamp:
      case ColumnKind::kDuration:
        memory.int64s.push_back(integer != nullptr ? *integer : std::numeric_limits<std::int64_t>::min() + 7);
        break;
      case ColumnKind::kDouble:
        memory.doubles.push_back(number != nullptr ? *number : -7e77);
        break;
      case ColumnKind::kBool:
        append_bit(memory.bits, memory.int64s.size(), std::holds_alternative<bool>(cell) && std::get<bool>(cell));
        memory.int64s.push_back(0);
        break;
      case ColumnKind::kUtf8:
        append_text(memory, text != nullptr ? *text : "");
        break;
      case ColumnKind::kDictionary: {
        if (text == nullptr) {
          memory.int32s.push_back(-7);
          break;
        }
        std::size_t code = 0;
        while (code < entries.size() && entries[code] != *text) ++code;
        if (code == entries.size()) entries.push_back(*text);
        memory.int32s.push_back(static_cast<std::int32_t>(code));
        break;
      }
      case ColumnKind::kList:
      case ColumnKind::kPairs:
      case ColumnKind::kRecords:
      case ColumnKind::kOther:
        break;
    }
  }

  static std::shared_ptr<const Memory> lay_out(const FixtureColumn& column, std::span<const Cell> cells,
                                               std::size_t skipped) {
    auto memory = std::make_shared<Memory>();
    std::vector<std::string> entries;
    for (std::size_t i = 0; i < skipped; ++i) {
      append_bit(memory->validity, i, i % 2 == 0);
      append(column, Cell(), entries, *memory);
    }
    std::int64_t nulls = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const bool valid = !std::holds_alternative<std::monostate>(cells[i]);
      nulls += valid ? 0 : 1;
      append_bit(memory->validity, skipped + i, valid);
      append(column, cells[i], entries, *memory);
    }
    ColumnView& view = memory->view;
    view.kind = column.kind;
    view.unit = column.unit;
    view.offset = static_cast<std::int64_t>(skipped);
    view.null_count = nulls;
    if (nulls > 0) view.validity = memory->validity.data();
    point_at_values(entries, *memory);
    return memory;
  }

  static void point_at_values(const std::vector<std::string>& entries, Memory& memory) {
    ColumnView& view = memory.view;
    if (view.kind == ColumnKind::kDouble) view.values = memory.doubles.data();
    if (view.kind == ColumnKind::kBool) view.values = memory.bits.data();
    if (!memory.int64s.empty() && view.kind != ColumnKind::kBool) view.values = memory.int64s.data();
    if (view.kind == ColumnKind::kUtf8) {
      if (memory.int32s.empty()) memory.int32s.push_back(0);
      view.values = memory.text.data();
      view.offsets = memory.int32s.data();
    }
    if (view.kind == ColumnKind::kDictionary) {
      view.values = memory.int32s.data();
      view.dictionary_rows = static_cast<std::int64_t>(entries.size());
      FixtureColumn dictionary{"", ColumnKind::kUtf8, {}};
      for (const std::string& entry : entries) dictionary.cells.emplace_back(entry);
      const std::shared_ptr<const Memory> owned = lay_out(dictionary, dictionary.cells, 0);
      view.dictionary = std::shared_ptr<const ColumnView>(owned, &owned->view);
    }
  }

  std::vector<FixtureColumn> columns_;
};

}  // namespace promfill
