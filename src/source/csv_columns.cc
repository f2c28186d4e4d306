#include "source/csv_columns.h"

#include <arrow/status.h>

#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "text/plain_number.h"

namespace promfill {
namespace {

std::size_t rows_of(const CsvIndex& cells) { return cells.rows(); }
std::size_t rows_of(const arrow::csv::BlockParser& cells) { return static_cast<std::size_t>(cells.num_rows()); }

/// Call visit(cell) for each row.
template <typename Visit>
void for_each_cell(const CsvIndex& cells, std::size_t column, Visit visit) {
  cells.for_each_cell(column, visit);
}
template <typename Visit>
void for_each_cell(const arrow::csv::BlockParser& cells, std::size_t column, Visit visit) {
  const arrow::Status all = cells.VisitColumn(static_cast<std::int32_t>(column),
                                              [&](const std::uint8_t* data, std::uint32_t size, bool, bool) {
                                                visit(std::string_view(reinterpret_cast<const char*>(data), size));
                                                return arrow::Status::OK();
                                              });
  PROMFILL_ASSERT(all.ok());
}

/// Reads the cells of one kind. Most cells are plain numbers, which need no look at what means nothing.
template <typename Cells>
class Reader {
 public:
  Reader(const Cells& cells, std::size_t column, const CellFormat& format, std::size_t position,
         std::vector<BadCell>& bad)
      : cells_(cells),
        column_(column),
        format_(format),
        is_plain_(format.takes_plain_numbers()),
        position_(position),
        bad_(bad) {}

  std::optional<TextColumn> integers() {
    TextColumn out(ColumnKind::kInt64, rows());
    const std::size_t bad_before = bad_.size();
    bool fractions = false;
    for_each([&](std::string_view text) {
      if (std::int64_t value = 0; is_plain_ && plain_integer(text, value)) return out.add(value);
      if (is_null(text, format_)) return out.add_null();
      if (const auto value = integer_of(text, format_)) return out.add(*value);
      fractions |= number_of(text, format_).has_value();
      reject(text, out);
    });
    if (!fractions) return out;
    bad_.resize(bad_before);
    return std::nullopt;
  }

  TextColumn doubles() {
    TextColumn out(ColumnKind::kDouble, rows());
    for_each([&](std::string_view text) {
      if (double value = 0; is_plain_ && plain_decimal(text, value)) return out.add(value);
      if (is_null(text, format_)) return out.add_null();
      if (const auto value = number_of(text, format_)) return out.add(*value);
      reject(text, out);
    });
    return out;
  }

  TextColumn truths() {
    TextColumn out(ColumnKind::kBool, rows());
    for_each([&](std::string_view text) {
      if (is_null(text, format_)) return out.add_null();
      if (const auto value = truth_of(text)) return out.add(*value);
      reject(text, out);
    });
    return out;
  }

  TextColumn times(bool zoned) {
    TextColumn out(ColumnKind::kTimestamp, rows());
    for_each([&](std::string_view text) {
      if (const auto value = time_of(text); value && value->zoned == zoned) return out.add(value->us);
      if (is_null(text, format_)) return out.add_null();
      reject(text, out);
    });
    return out;
  }

  /// Text is null where there is none.
  TextColumn texts() {
    TextColumn out(ColumnKind::kUtf8, rows());
    for_each([&](std::string_view text) {
      if (text.empty()) return out.add_null();
      out.add(text);
    });
    return out;
  }

  /// Numbers as they are written in their shortest form, so that 0.50 is the 0.5 that it is in other kinds of files.
  TextColumn labels(ColumnKind kind) {
    if (kind == ColumnKind::kUtf8 || kind == ColumnKind::kTimestamp) return texts();
    TextColumn out(ColumnKind::kUtf8, rows());
    for_each([&](std::string_view text) {
      if (is_plain_ && is_shortest_integer(text)) return out.add(text);
      if (is_null(text, format_)) return out.add_null();
      text = trimmed(text);
      std::array<char, 32> shortest{};
      const auto print = [&](auto number) {
        return std::to_chars(shortest.data(), shortest.data() + shortest.size(), number).ptr;
      };
      const auto integer = integer_of(text, format_);
      const auto number = kind == ColumnKind::kDouble ? number_of(text, format_) : std::nullopt;
      const char* const end = integer ? print(*integer) : number ? print(*number) : nullptr;
      out.add(end == nullptr ? text
                             : std::string_view(shortest.data(), static_cast<std::size_t>(end - shortest.data())));
    });
    return out;
  }

 private:
  [[nodiscard]] std::size_t rows() const { return rows_of(cells_); }

  template <typename Take>
  void for_each(Take take) {
    row_ = 0;
    for_each_cell(cells_, column_, [&](std::string_view text) {
      take(text);
      ++row_;
    });
  }

  void reject(std::string_view text, TextColumn& out) {
    out.add_null();
    bad_.push_back({position_, row_, std::string(text)});
  }

  const Cells& cells_;
  std::size_t column_;
  const CellFormat& format_;
  bool is_plain_;
  std::size_t position_;
  std::vector<BadCell>& bad_;
  std::int64_t row_ = 0;
};

template <typename Cells>
TextColumn read(const Cells& cells, const CsvColumn& column, const CellFormat& format, std::vector<BadCell>& bad) {
  Reader<Cells> reader(cells, column.column, format, column.position, bad);
  if (column.as_label) return reader.labels(column.type.kind);
  switch (column.type.kind) {
    case ColumnKind::kInt64:
      if (auto integers = reader.integers()) return *std::move(integers);
      return reader.doubles();
    case ColumnKind::kDouble:
      return reader.doubles();
    case ColumnKind::kBool:
      return reader.truths();
    case ColumnKind::kTimestamp:
      return reader.times(column.type.zoned);
    default:
      return reader.texts();
  }
}

}  // namespace

TextColumn read_csv_column(const CsvIndex& cells, const CsvColumn& column, const CellFormat& format,
                           std::vector<BadCell>& bad) {
  return read(cells, column, format, bad);
}

TextColumn read_csv_column(const arrow::csv::BlockParser& cells, const CsvColumn& column, const CellFormat& format,
                           std::vector<BadCell>& bad) {
  return read(cells, column, format, bad);
}

}  // namespace promfill
