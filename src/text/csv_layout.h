// What a CSV file is like, found out from its beginning: delimiter, header, columns and their types. Whatever the user
// says is not looked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/column.h"
#include "promfill/result.h"
#include "text/cell.h"

namespace promfill {

/// As the user says it. What is absent is found out.
struct CsvOptions {
  std::optional<char> delimiter{};
  std::optional<bool> header{};         ///< whether the first line names the columns
  std::optional<bool> quoted_breaks{};  ///< whether lines may break within quotes; such a file can't be read in parts
  CellFormat cells{};
};

struct CsvLayout {
  char delimiter = ',';
  bool header = true;
  bool quoted_breaks = false;
  std::uint64_t data_begin = 0;          ///< of the file: the first byte of the first row
  std::int64_t first_row = 1;            ///< number of that line, counted from 1
  double row_bytes = 0;                  ///< of a row in the sample, on average; 0 where it has none
  std::vector<ColumnField> columns{};    ///< kInt64, kDouble, kBool, kTimestamp (in microseconds) or kUtf8
  std::vector<std::string> decisions{};  ///< what was found out, and why, a line each
};

/// Bytes of the beginning that are looked at.
inline constexpr std::size_t kCsvSampleBytes = 1 << 20;

/// @param sample  the first bytes of the file, as many as kCsvSampleBytes unless it is shorter.
/// @error kData  text in another encoding, binary data, no line; kUsage  an option that doesn't fit.
Result<CsvLayout> find_csv_layout(std::string_view sample, const CsvOptions& options, const std::string& name);

}  // namespace promfill
