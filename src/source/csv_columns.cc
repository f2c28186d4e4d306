#include "source/csv_columns.h"

#include <arrow/status.h>

#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

namespace promfill {
namespace {

/// Call visit(cell, quoted) for each row.
template <typename Visit>
void for_each_cell(const arrow::csv::BlockParser& parser, int column, Visit visit) {
  const arrow::Status all =
      parser.VisitColumn(column, [&](const std::uint8_t* data, std::uint32_t size, bool quoted, bool) {
        visit(std::string_view(reinterpret_cast<const char*>(data), size), quoted);
        return arrow::Status::OK();
      });
  PROMFILL_ASSERT(all.ok());
}

/// Reads the cells of one kind. Most cells are plain numbers, which from_chars takes as they stand.
class Reader {
 public:
  Reader(const arrow::csv::BlockParser& parser, int column, const CellFormat& format, std::size_t position,
         std::vector<BadCell>& bad)
      : parser_(parser),
        column_(column),
        format_(format),
        is_plain_(format.decimal == '.' && !format.thousands),
        position_(position),
        bad_(bad) {}

  std::optional<TextColumn> integers() {
    TextColumn out(ColumnKind::kInt64, rows());
    const std::size_t bad_before = bad_.size();
    bool fractions = false;
    for_each([&](std::string_view text) {
      if (std::int64_t value = 0; plain(text, value)) return out.add(value);
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
      if (double value = 0; plain(text, value)) return out.add(value);
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
  [[nodiscard]] std::size_t rows() const { return static_cast<std::size_t>(parser_.num_rows()); }

  template <typename Take>
  void for_each(Take take) {
    row_ = 0;
    for_each_cell(parser_, column_, [&](std::string_view text, bool) {
      take(text);
      ++row_;
    });
  }

  template <typename Number>
  [[nodiscard]] bool plain(std::string_view text, Number& value) const {
    if (!is_plain_ || text.empty() || text.back() > '9') return false;  // words and nan(…) go the long way
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    return code == std::errc() && end == text.data() + text.size();
  }

  void reject(std::string_view text, TextColumn& out) {
    out.add_null();
    bad_.push_back({position_, row_, std::string(text)});
  }

  const arrow::csv::BlockParser& parser_;
  int column_;
  const CellFormat& format_;
  bool is_plain_;
  std::size_t position_;
  std::vector<BadCell>& bad_;
  std::int64_t row_ = 0;
};

}  // namespace

TextColumn read_csv_column(const arrow::csv::BlockParser& parser, int column, const ColumnType& type, bool as_label,
                           const CellFormat& format, std::size_t position, std::vector<BadCell>& bad) {
  Reader reader(parser, column, format, position, bad);
  if (as_label) return reader.labels(type.kind);
  switch (type.kind) {
    case ColumnKind::kInt64:
      if (auto integers = reader.integers()) return *std::move(integers);
      return reader.doubles();
    case ColumnKind::kDouble:
      return reader.doubles();
    case ColumnKind::kBool:
      return reader.truths();
    case ColumnKind::kTimestamp:
      return reader.times(type.zoned);
    default:
      return reader.texts();
  }
}

}  // namespace promfill
