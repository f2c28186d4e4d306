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

  std::optional<CsvColumn> integers() {
    CsvColumn out(ColumnKind::kInt64, rows());
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

  CsvColumn doubles() {
    CsvColumn out(ColumnKind::kDouble, rows());
    for_each([&](std::string_view text) {
      if (double value = 0; plain(text, value)) return out.add(value);
      if (is_null(text, format_)) return out.add_null();
      if (const auto value = number_of(text, format_)) return out.add(*value);
      reject(text, out);
    });
    return out;
  }

  CsvColumn truths() {
    CsvColumn out(ColumnKind::kBool, rows());
    for_each([&](std::string_view text) {
      if (is_null(text, format_)) return out.add_null();
      if (const auto value = truth_of(text)) return out.add(*value);
      reject(text, out);
    });
    return out;
  }

  CsvColumn times(bool zoned) {
    CsvColumn out(ColumnKind::kTimestamp, rows());
    for_each([&](std::string_view text) {
      if (const auto value = time_of(text); value && value->zoned == zoned) return out.add(value->us);
      if (is_null(text, format_)) return out.add_null();
      reject(text, out);
    });
    return out;
  }

  /// Text is null where there is none.
  CsvColumn texts() {
    CsvColumn out(ColumnKind::kUtf8, rows());
    for_each([&](std::string_view text) {
      if (text.empty()) return out.add_null();
      out.add(text);
    });
    return out;
  }

  /// Numbers as they are written in their shortest form, so that 0.50 is the 0.5 that it is in other kinds of files.
  CsvColumn labels(ColumnKind kind) {
    if (kind == ColumnKind::kUtf8 || kind == ColumnKind::kTimestamp) return texts();
    CsvColumn out(ColumnKind::kUtf8, rows());
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

  void reject(std::string_view text, CsvColumn& out) {
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

CsvColumn::CsvColumn(ColumnKind kind, std::size_t rows) : kind_(kind) {
  if (kind == ColumnKind::kInt64 || kind == ColumnKind::kTimestamp) integers_.reserve(rows);
  if (kind == ColumnKind::kDouble) doubles_.reserve(rows);
  if (kind == ColumnKind::kBool) bits_.reserve((rows + 7) / 8);
  if (kind == ColumnKind::kUtf8) {
    offsets_.reserve(rows + 1);
    offsets_.push_back(0);
  }
}

ColumnView CsvColumn::view() const {
  ColumnView view;
  view.kind = kind_;
  view.unit = TimeUnit::kMicroseconds;
  view.null_count = nulls_;
  if (nulls_ > 0) view.validity = validity_.data();
  switch (kind_) {
    case ColumnKind::kDouble:
      view.values = doubles_.data();
      break;
    case ColumnKind::kBool:
      view.values = bits_.data();
      break;
    case ColumnKind::kUtf8:
      view.values = text_.data();
      view.offsets = offsets_.data();
      break;
    default:
      view.values = integers_.data();
  }
  return view;
}

std::uint64_t CsvColumn::memory_bytes() const {
  return integers_.capacity() * sizeof(std::int64_t) + doubles_.capacity() * sizeof(double) + bits_.capacity() +
         offsets_.capacity() * sizeof(std::int32_t) + text_.capacity() + validity_.capacity();
}

void CsvColumn::add_validity(bool valid) {
  const auto row = static_cast<std::size_t>(rows_);
  if (!valid && nulls_++ == 0) validity_.assign(row / 8 + 1, 0xFF);  // all before have a value
  if (nulls_ > 0) {
    if (row / 8 >= validity_.size()) validity_.push_back(0);
    const auto bit = static_cast<std::uint8_t>(1U << (row % 8));
    validity_[row / 8] = static_cast<std::uint8_t>(valid ? validity_[row / 8] | bit : validity_[row / 8] & ~bit);
  }
  ++rows_;
}

void CsvColumn::add_null() {
  switch (kind_) {
    case ColumnKind::kDouble:
      doubles_.push_back(0);
      break;
    case ColumnKind::kBool:
      if (rows_ % 8 == 0) bits_.push_back(0);
      break;
    case ColumnKind::kUtf8:
      offsets_.push_back(offsets_.back());
      break;
    default:
      integers_.push_back(0);
  }
  add_validity(false);
}

void CsvColumn::add(std::int64_t value) {
  integers_.push_back(value);
  add_validity(true);
}

void CsvColumn::add(double value) {
  doubles_.push_back(value);
  add_validity(true);
}

void CsvColumn::add(bool value) {
  if (rows_ % 8 == 0) bits_.push_back(0);
  bits_.back() = static_cast<std::uint8_t>(bits_.back() | (static_cast<unsigned>(value) << (rows_ % 8)));
  add_validity(true);
}

void CsvColumn::add(std::string_view text) {
  text_.insert(text_.end(), text.begin(), text.end());
  offsets_.push_back(static_cast<std::int32_t>(text_.size()));  // a block is far smaller than 2 GiB
  add_validity(true);
}

CsvColumn read_csv_column(const arrow::csv::BlockParser& parser, int column, const ColumnType& type, bool as_label,
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
