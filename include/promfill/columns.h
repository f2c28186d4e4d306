// Columns in place of structs, and what they are said at run time: for programs whose rows no C++ type describes, or
// that have arrays already. Values are read where they lie; columns of doubles aren't even copied.
//
//   promfill::ColumnSchema schema("usage");
//   schema.timestamp("at", promfill::TimeUnit::seconds).label("host", "instance").field("cpu", "metric_type:gauge");
//   auto job = promfill::Backfill<promfill::ColumnTable>::create(schema, {.out = "tsdb"});
//   promfill::ColumnTable table;
//   table.add("at", times).add("host", hosts).add("cpu", cpus);
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "promfill/record_type.h"
#include "promfill/result.h"
#include "promfill/time.h"
#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// Texts that occur often: codes[row] is the position of the row's text.
struct CodedTexts {
  std::span<const std::uint32_t> codes;     ///< of each row; a place in `texts`
  std::span<const std::string_view> texts;  ///< each once, in any order
};

using ColumnValues =
    std::variant<std::span<const double>, std::span<const float>, std::span<const std::int64_t>,
                 std::span<const std::int32_t>, std::span<const std::int16_t>, std::span<const std::int8_t>,
                 std::span<const std::uint64_t>, std::span<const std::uint32_t>, std::span<const std::uint16_t>,
                 std::span<const std::uint8_t>, std::span<const bool>, std::span<const std::string>,
                 std::span<const std::string_view>, CodedTexts>;

/// A column's name and values, both lent.
struct Column {
  std::string name;                        ///< as the schema calls it
  ColumnValues values;                     ///< an array of one of the types, or one value of a kind
  const std::uint8_t* validity = nullptr;  ///< a bit for each row, low bit first, 0: null; without it none is

  /// As many as there are values.
  [[nodiscard]] std::size_t rows() const;
  /// Whether the row has a value.
  [[nodiscard]] bool valid(std::size_t row) const {
    return validity == nullptr || ((validity[row >> 3] >> (row & 7)) & 1) != 0;
  }
};

/// Rows as columns of the same length, found by their names. Values are borrowed: they stay until the job has read
/// them, which is when append() returns, or run() does, or where there is an owner when that is let go.
class ColumnTable {
 public:
  /// @param values  a vector, array or span of numbers, bools (not std::vector<bool>), std::string or std::string_view.
  template <typename Values>
    requires(!std::same_as<Values, CodedTexts> &&
             requires(const Values& values) { ColumnValues(std::span(values.data(), values.size())); })
  ColumnTable& add(std::string name, const Values& values, const std::uint8_t* validity = nullptr) {
    columns_.push_back({std::move(name), std::span(values.data(), values.size()), validity});
    return *this;
  }
  /// A column of texts that are said once and referred to by number.
  ColumnTable& add(std::string name, const CodedTexts& values, const std::uint8_t* validity = nullptr) {
    columns_.push_back({std::move(name), values, validity});
    return *this;
  }
  /// What the values lie in, to be let go when they were read.
  ColumnTable& keep(std::shared_ptr<const void> owner) {
    owners_.push_back(std::move(owner));
    return *this;
  }

  /// In the order in which they were added.
  [[nodiscard]] std::span<const Column> columns() const { return columns_; }
  /// Null where there is none. Borrowed until the next add().
  [[nodiscard]] const Column* find(std::string_view name) const;
  /// Of its first column.
  [[nodiscard]] std::size_t rows() const { return columns_.empty() ? 0 : columns_.front().rows(); }

 private:
  std::vector<Column> columns_;
  std::vector<std::shared_ptr<const void>> owners_;
};

/// What the columns are, as Schema says it of members. Tags are those of schema.h; mistakes in them are errors of
/// type(), and so of Backfill<ColumnTable>::create.
class ColumnSchema {
 public:
  /// @param name  of the kind of rows, for messages.
  explicit ColumnSchema(std::string name) : name_(std::move(name)) {}

  /// The time: integers or doubles in steps of `unit` since 1970-01-01T00:00:00Z.
  ColumnSchema& timestamp(std::string column, TimeUnit unit = TimeUnit::kSeconds);
  /// A label of all series, of text or numbers. @param name  the column's where it is empty.
  ColumnSchema& label(std::string column, std::string name = "");
  /// A metric, of numbers.
  ColumnSchema& field(std::string column, std::string tag);

  /// @error kUsage  a mistake in a tag, an invalid or double name, no time or two.
  [[nodiscard]] Result<RecordType> type() const;

 private:
  struct Named {
    std::string column;
    std::string text;
  };
  [[nodiscard]] Error wrong(const std::string& column, std::string_view what) const;
  [[nodiscard]] Status check_names() const;
  [[nodiscard]] Result<std::optional<RecordType::Metric>> metric(const Named& field) const;

  std::string name_;
  std::vector<Named> times_;
  TimeUnit unit_ = TimeUnit::kSeconds;
  std::vector<Named> labels_;
  std::vector<Named> fields_;
};

}  // namespace PROMFILL_ABI
}  // namespace promfill
