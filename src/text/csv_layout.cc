#include "text/csv_layout.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "text/column_guess.h"
#include "text/csv_index.h"
#include "text/text_encoding.h"

namespace promfill {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::array<char, 4> kDelimiters{',', '\t', ';', '|'};
constexpr std::size_t kLinesForDelimiter = 200;
constexpr char kQuote = '"';

using Fields = std::vector<std::string>;

/// Takes records from the front of a text.
class Records {
 public:
  Records(std::string_view text, char delimiter) : rest_(text), delimiter_(delimiter) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] bool broke_in_quotes() const { return broke_in_quotes_; }
  [[nodiscard]] std::string_view rest() const { return rest_; }

  /// Fields of the next record, without quotes. A quote counts at the beginning of a field only.
  Fields next() {
    Fields fields(1);
    bool quoted = false;
    bool at_begin = true;
    std::size_t at = 0;
    for (; at < rest_.size(); ++at) {
      const char c = rest_[at];
      if (quoted) {
        if (c != kQuote) {
          broke_in_quotes_ |= c == '\n';
          fields.back() += c;
        } else if (at + 1 < rest_.size() && rest_[at + 1] == kQuote) {
          fields.back() += kQuote;
          ++at;
        } else {
          quoted = false;
        }
      } else if (c == kQuote && at_begin) {
        quoted = true;
        at_begin = false;
      } else if (c == delimiter_) {
        fields.emplace_back();
        at_begin = true;
      } else if (c == '\n') {
        ++at;
        break;
      } else {
        const std::size_t begin = at;
        while (at + 1 < rest_.size() && rest_[at + 1] != delimiter_ && rest_[at + 1] != '\n') ++at;
        fields.back().append(rest_, begin, at + 1 - begin);
        at_begin = false;
      }
    }
    rest_.remove_prefix(at);
    if (fields.back().ends_with('\r')) fields.back().pop_back();
    return fields;
  }

 private:
  std::string_view rest_;
  char delimiter_;
  bool broke_in_quotes_ = false;
};

bool is_blank(const Fields& fields) { return fields.size() == 1 && fields[0].empty(); }

/// How well a delimiter divides the lines: how many of them have the most frequent number of fields, and that number.
struct Division {
  std::size_t lines = 0;
  std::size_t agreeing = 0;
  std::size_t fields = 0;

  [[nodiscard]] double share() const {
    return lines == 0 ? 0 : static_cast<double>(agreeing) / static_cast<double>(lines);
  }
  [[nodiscard]] bool better_than(const Division& other) const {
    if ((fields > 1) != (other.fields > 1)) return fields > 1;
    constexpr double kAsGood = 0.02;
    if (std::abs(share() - other.share()) > kAsGood) return share() > other.share();
    return fields > other.fields;
  }
};

Division divide(std::string_view text, char delimiter) {
  std::map<std::size_t, std::size_t> lines_by_fields;
  Division division;
  for (Records records(text, delimiter); !records.at_end() && division.lines < kLinesForDelimiter;) {
    const Fields fields = records.next();
    if (is_blank(fields)) continue;
    ++division.lines;
    ++lines_by_fields[fields.size()];
  }
  for (const auto& [fields, lines] : lines_by_fields) {
    if (lines < division.agreeing) continue;
    division.agreeing = lines;
    division.fields = fields;
  }
  return division;
}

std::string shown(char delimiter) { return delimiter == '\t' ? "tab" : "'" + std::string(1, delimiter) + "'"; }

char find_delimiter(std::string_view text, std::vector<std::string>& decisions) {
  char best = kDelimiters.front();
  Division division = divide(text, best);
  for (const char delimiter : std::span(kDelimiters).subspan(1)) {
    const Division other = divide(text, delimiter);
    if (!other.better_than(division)) continue;
    best = delimiter;
    division = other;
  }
  decisions.push_back("delimiter " + shown(best) + ": " + std::to_string(division.agreeing) + " of the first " +
                      std::to_string(division.lines) + " lines have " + std::to_string(division.fields) + " columns");
  return best;
}

/// What the rows below the header say.
struct SampleRows {
  std::vector<ColumnGuess> columns;
  std::size_t rows = 0;
  bool breaks_in_quotes = false;
};

SampleRows look_at_rows(std::string_view text, char delimiter, std::size_t columns, const CellFormat& format) {
  SampleRows found{std::vector<ColumnGuess>(columns, ColumnGuess(format.takes_plain_numbers()))};
  CsvIndex index(delimiter, columns);
  if (index.read(text, std::numeric_limits<std::size_t>::max()) && !index.has_quotes()) {
    found.rows = index.rows();
    for (std::size_t i = 0; i < columns; ++i) {
      index.for_each_cell(i, [&](std::string_view cell) { found.columns[i].look_at(cell, format); });
    }
    return found;
  }
  for (Records records(text, delimiter); !records.at_end(); found.breaks_in_quotes = records.broke_in_quotes()) {
    const Fields fields = records.next();
    if (is_blank(fields)) continue;
    ++found.rows;
    for (std::size_t i = 0; i < std::min(columns, fields.size()); ++i) found.columns[i].look_at(fields[i], format);
  }
  return found;
}

/// Names are texts, each another, none empty; and nothing below says that they are values.
bool looks_like_header(const Fields& first, const CellFormat& format) {
  std::set<std::string_view> seen;
  for (const std::string& name : first) {
    const std::string_view text = trimmed(name);
    const bool is_value = number_of(text, format) || time_of(text) || truth_of(text);
    if (text.empty() || is_value || !seen.insert(text).second) return false;
  }
  return true;
}

/// Leave out what the end of the sample cut off.
std::string_view whole_lines(std::string_view text) {
  if (text.size() < kCsvSampleBytes) return text;
  const std::size_t last = text.rfind('\n');
  return last == std::string_view::npos ? text : text.substr(0, last + 1);
}

std::string type_list(const std::vector<ColumnField>& columns) {
  std::string list;
  for (const ColumnField& column : columns)
    list += (list.empty() ? "" : ", ") + column.name + ": " + column.type.source_type;
  return list;
}

}  // namespace

Result<CsvLayout> find_csv_layout(std::string_view sample, const CsvOptions& options, const std::string& name) {
  PROMFILL_TRY_STATUS(check_encoding(sample, sample.size() < kCsvSampleBytes, name));
  CsvLayout layout;
  std::string_view text = whole_lines(sample);
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
    layout.data_begin = kByteOrderMark.size();
  }
  while (text.starts_with('\n') || text.starts_with("\r\n")) {  // blank lines before all others
    const std::size_t bytes = text.front() == '\n' ? 1 : 2;
    text.remove_prefix(bytes);
    layout.data_begin += bytes;
    ++layout.first_row;
  }
  if (text.empty()) return Error{ErrorCode::kData, "the file has no line", name, "leave it out"};

  layout.delimiter = options.delimiter ? *options.delimiter : find_delimiter(text, layout.decisions);
  Records records(text, layout.delimiter);
  const Fields first = records.next();
  layout.header = options.header.value_or(looks_like_header(first, options.cells));
  const std::string_view below = layout.header ? records.rest() : text;
  if (layout.header) ++layout.first_row;
  layout.data_begin += text.size() - below.size();
  const SampleRows rows = look_at_rows(below, layout.delimiter, first.size(), options.cells);
  if (rows.rows > 0) layout.row_bytes = static_cast<double>(below.size()) / static_cast<double>(rows.rows);

  const bool broke_in_quotes = rows.breaks_in_quotes || records.broke_in_quotes();
  layout.quoted_breaks = options.quoted_breaks.value_or(broke_in_quotes);
  if (layout.quoted_breaks && !options.quoted_breaks) layout.decisions.emplace_back("lines break within quotes");
  if (!options.header) {
    layout.decisions.emplace_back(layout.header ? "the first line names the columns"
                                                : "the first line is a row: columns are named column_1, column_2, …");
  }
  for (std::size_t i = 0; i < first.size(); ++i) {
    std::string column = layout.header ? std::string(trimmed(first[i])) : "column_" + std::to_string(i + 1);
    layout.columns.push_back({std::move(column), rows.columns[i].type()});
  }
  layout.decisions.push_back("columns, by " + std::to_string(rows.rows) + " rows: " + type_list(layout.columns));
  return layout;
}

}  // namespace promfill
