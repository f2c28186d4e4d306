// A batch of rows as columns, in a few canonical layouts: what every source yields and the only thing mapping reads.
// The layouts are those of the Arrow C data interface (values, validity bitmap with the low bit first, 32-bit offsets,
// one offset for all), so that a source points at its buffers and copies nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "promfill/time.h"

namespace promfill {

enum class ColumnKind : std::uint8_t {
  kInt64,       ///< values: int64[]; every integer type of the source but uint64, widened
  kUint64,      ///< values: uint64[]
  kDouble,      ///< values: double[]; float32 widened
  kBool,        ///< values: bitmap
  kUtf8,        ///< values: bytes, offsets: int32[rows + 1]
  kDictionary,  ///< values: int32[] into `dictionary`, a kUtf8 column
  kTimestamp,   ///< values: int64[] in steps of `unit` since the epoch
  kDuration,    ///< values: int64[] in steps of `unit`: a length of time, or a time of day
  kList,        ///< offsets: int32[rows + 1] into `items`, numbers
  kPairs,       ///< the same; an element is a number of `items` and one of `seconds`: maps, lists of structs of two
  kRecords,     ///< values: a RecordColumn (store/sample_batch.h); made by mapping alone
  kOther,       ///< a type that has no use as time, label or value; never read
};

std::string_view to_string(ColumnKind kind);

struct ColumnType {
  ColumnKind kind = ColumnKind::kOther;
  TimeUnit unit = TimeUnit::kMilliseconds;  ///< of kTimestamp and kDuration
  bool zoned = true;                        ///< of kTimestamp: UTC instants; false: naive local times
  std::string source_type{};                ///< the source's own word for it, for messages: "int32", "list<double>"
};

struct ColumnView {
  ColumnKind kind = ColumnKind::kOther;
  TimeUnit unit = TimeUnit::kMilliseconds;
  const std::uint8_t* validity = nullptr;  ///< null: every row has a value
  const void* values = nullptr;
  const std::int32_t* offsets = nullptr;           ///< of kUtf8, kList and kPairs
  std::int64_t offset = 0;                         ///< rows to skip at the front of validity, values and offsets
  std::int64_t null_count = 0;                     ///< exact
  std::shared_ptr<const ColumnView> dictionary{};  ///< keeps its own memory alive, beyond the batch if need be
  std::int64_t dictionary_rows = 0;
  std::shared_ptr<const ColumnView> items{};    ///< of kList and kPairs: the elements of all rows; lives as the batch
  std::shared_ptr<const ColumnView> seconds{};  ///< of kPairs

  [[nodiscard]] bool valid(std::int64_t row) const {
    const auto bit = static_cast<std::uint64_t>(row + offset);
    return validity == nullptr || ((validity[bit >> 3] >> (bit & 7)) & 1) != 0;
  }
  [[nodiscard]] const std::int64_t* int64s() const { return static_cast<const std::int64_t*>(values) + offset; }
  [[nodiscard]] const std::uint64_t* uint64s() const { return static_cast<const std::uint64_t*>(values) + offset; }
  [[nodiscard]] const double* doubles() const { return static_cast<const double*>(values) + offset; }
  [[nodiscard]] const std::int32_t* codes() const { return static_cast<const std::int32_t*>(values) + offset; }
  [[nodiscard]] bool boolean(std::int64_t row) const {
    const auto bit = static_cast<std::uint64_t>(row + offset);
    return ((static_cast<const std::uint8_t*>(values)[bit >> 3] >> (bit & 7)) & 1) != 0;
  }
  /// Where the elements of a row's list lie.
  [[nodiscard]] std::pair<std::int32_t, std::int32_t> elements(std::int64_t row) const {
    return {offsets[offset + row], offsets[offset + row + 1]};
  }
  [[nodiscard]] std::string_view text(std::int64_t row) const {
    const std::int32_t* at = offsets + offset + row;
    return {static_cast<const char*>(values) + at[0], static_cast<std::size_t>(at[1] - at[0])};
  }
};

/// A named column of a source, before any batch is read.
struct ColumnField {
  std::string name;
  ColumnType type;
};

using SourceSchema = std::vector<ColumnField>;

/// Which column of a schema to read, and what for.
struct ColumnRequest {
  std::size_t column = 0;
  bool as_label = false;  ///< text is then read as a dictionary
  bool as_text = false;   ///< as it is written, where the source is a text; otherwise the column is as it is
};

/// A cell of a text that is not what its column is otherwise. In the column it is null.
struct BadCell {
  std::size_t column = 0;  ///< position among the columns of the batch
  std::int64_t row = 0;    ///< of the batch, from 0
  std::string text;
};

/// A line of a text that has another number of cells than the others. It is no row of the batch.
struct BadRow {
  std::int64_t number = 0;  ///< as ColumnBatch::first_row
  std::string reason;       ///< "too_many_cells", "too_few_cells"
  std::string text;
};

/// A column that a text's beginning, by which its columns were found, doesn't have.
struct UnknownColumn {
  std::string name;
  std::int64_t number = 0;  ///< of the row that has it first, as ColumnBatch::first_row
};

/// Consecutive rows of one piece of a source.
struct ColumnBatch {
  std::int64_t rows = 0;
  std::int64_t first_row =
      0;  ///< of the file, counted from 1, for messages; of the piece where the source doesn't know
  std::vector<ColumnView> columns{};    ///< in the order they were asked for
  std::uint64_t bytes = 0;              ///< memory behind the columns
  std::shared_ptr<const void> owner{};  ///< keeps the memory alive
  std::vector<BadCell> bad_cells{};     ///< by column, then row
  std::vector<BadRow> bad_rows{};       ///< by number
  std::vector<std::int64_t> no_rows{};  ///< numbers, rising, that no row of the batch has: bad rows and blank lines
  std::vector<UnknownColumn> unknown_columns{};

  /// The number of a row of the batch, for messages.
  [[nodiscard]] std::int64_t row_number(std::int64_t row) const {
    std::int64_t number = first_row + row;
    for (const std::int64_t none : no_rows) {
      if (none > number) break;
      ++number;
    }
    return number;
  }
};

}  // namespace promfill
