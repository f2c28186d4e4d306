#include "source/csv.h"

#include <arrow/csv/options.h>
#include <arrow/csv/parser.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "source/arrow_columns.h"
#include "source/csv_columns.h"
#include "source/text_input.h"
#include "text/line_reader.h"

namespace promfill {
namespace {

/// What all parts of a file share.
struct CsvFile {
  TextParts parts;
  CsvLayout layout;
  CellFormat cells;
  std::shared_ptr<BudgetedPool> pool;
  MemoryBudget* budget = nullptr;
};

/// What a batch keeps.
struct CsvBatch {
  std::vector<TextColumn> columns;
  MemoryCharge charge;
};

class CsvReader final : public BatchReader {
 public:
  CsvReader(Source& source, std::shared_ptr<CsvFile> file, std::size_t piece, LineReader lines,
            std::span<const ColumnRequest> columns, std::int64_t batch_rows)
      : source_(source),
        file_(std::move(file)),
        piece_(piece),
        lines_(std::move(lines)),
        columns_(columns.begin(), columns.end()),
        batch_rows_(static_cast<std::int32_t>(std::min<std::int64_t>(batch_rows, arrow::csv::kMaxParserNumRows))),
        index_(file_->layout.delimiter, file_->layout.columns.size()),
        first_number_(file_->parts.first_number(piece)),
        next_number_(first_number_) {
    options_.delimiter = file_->layout.delimiter;
    options_.newlines_in_values = true;
    options_.invalid_row_handler = [this](const arrow::csv::InvalidRow& row) {
      take_bad_row(row);
      return arrow::csv::InvalidRowResult::Skip;
    };
  }

  Result<std::optional<ColumnBatch>> next() override {
    while (true) {
      PROMFILL_TRY(const std::string_view text, lines_.lines());
      if (text.empty()) {
        file_->parts.set_numbers(piece_, next_number_ - first_number_);
        return std::optional<ColumnBatch>();
      }
      if (index_.read(text, static_cast<std::size_t>(batch_rows_))) return indexed_rows();
      arrow::csv::BlockParser parser(file_->pool.get(), options_, static_cast<int>(file_->layout.columns.size()),
                                     next_number_, batch_rows_);
      PROMFILL_TRY(const std::size_t bytes, parse(text, parser));
      if (bytes == 0) {
        PROMFILL_TRY(const bool more, lines_.read_on());
        if (more) continue;
        return unclosed_quote();
      }
      ColumnBatch batch = read_columns(parser, parser.num_rows());
      lines_.take(bytes);
      next_number_ += parser.total_num_rows() + blank_lines_;
      batch.bad_rows = std::move(bad_rows_);
      batch.no_rows = std::move(no_rows_);
      if (batch.rows > 0 || !batch.bad_rows.empty()) return std::optional(std::move(batch));
    }
  }

 private:
  std::optional<ColumnBatch> indexed_rows() {
    ColumnBatch batch = read_columns(index_, static_cast<std::int64_t>(index_.rows()));
    lines_.take(index_.bytes());
    next_number_ += batch.rows;
    return batch;
  }

  /// @return the bytes of whole rows.
  Result<std::size_t> parse(std::string_view text, arrow::csv::BlockParser& parser) {
    bad_rows_.clear();
    no_rows_.clear();
    blank_lines_ = 0;
    std::uint32_t bytes = 0;
    const bool is_last = lines_.at_end_of_text() && text.back() != '\n';
    const arrow::Status parsed = is_last ? parser.ParseFinal(text, &bytes) : parser.Parse(text, &bytes);
    if (!parsed.ok()) return arrow_error(parsed, "parse", where_now());
    if (!file_->layout.quoted_breaks) number_blank_lines(text.substr(0, bytes));
    return bytes;
  }

  /// The parser passes over blank lines, but they have numbers. Where lines break within quotes, rows are counted.
  void number_blank_lines(std::string_view text) {
    const bool none = !text.starts_with('\n') && !text.starts_with('\r') &&
                      text.find("\n\n") == std::string_view::npos && text.find("\n\r") == std::string_view::npos;
    if (none) return;
    std::vector<std::int64_t> numbers;  // of blank lines and bad rows
    std::size_t bad = 0;
    std::int64_t number = next_number_;
    for (; !text.empty(); ++number) {
      const std::size_t line_break = text.find('\n');
      const std::string_view line = text.substr(0, line_break);
      text.remove_prefix(line_break == std::string_view::npos ? text.size() : line_break + 1);
      const auto blank_before = static_cast<std::int64_t>(numbers.size() - bad);
      if (line.empty() || line == "\r") {
        numbers.push_back(number);
      } else if (bad < bad_rows_.size() && bad_rows_[bad].number + blank_before == number) {
        numbers.push_back(number);
        bad_rows_[bad++].number = number;
      }
    }
    blank_lines_ = static_cast<std::int64_t>(numbers.size() - bad);
    no_rows_ = std::move(numbers);
  }

  void take_bad_row(const arrow::csv::InvalidRow& row) {
    constexpr std::size_t kShownBytes = 4096;
    no_rows_.push_back(row.number);
    std::string_view text = row.text;
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    const bool many = row.actual_columns > row.expected_columns;
    bad_rows_.push_back(
        {row.number, many ? "too_many_cells" : "too_few_cells", std::string(text.substr(0, kShownBytes))});
  }

  template <typename Cells>
  ColumnBatch read_columns(const Cells& cells, std::int64_t rows) {
    const auto kept = std::make_shared<CsvBatch>();
    ColumnBatch batch;
    batch.rows = rows;
    batch.first_row = next_number_;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      CsvColumn column{columns_[i].column, file_->layout.columns[columns_[i].column].type, columns_[i].as_label, i};
      if (columns_[i].as_text && !columns_[i].as_label) column.type.kind = ColumnKind::kUtf8;
      kept->columns.push_back(read_csv_column(cells, column, file_->cells, batch.bad_cells));
    }
    for (const TextColumn& column : kept->columns) {
      batch.columns.push_back(column.view());
      batch.bytes += column.memory_bytes();
    }
    if (file_->budget != nullptr) {
      kept->charge = MemoryCharge(*file_->budget);
      kept->charge.resize(batch.bytes);
    }
    batch.owner = kept;
    return batch;
  }

  [[nodiscard]] std::string where_now() const {
    const std::string& path = file_->parts.input().path();
    const Result<std::int64_t> first_row = file_->parts.first_row(piece_, source_);
    if (!first_row) return path;
    return path + ", row " + std::to_string(*first_row + next_number_ - first_number_);
  }

  [[nodiscard]] Error unclosed_quote() const {
    return {ErrorCode::kData, "a quote is not closed: a line breaks within it, or it is missing", where_now(),
            "if lines break within quotes in this file, say so with --csv-quoted-breaks"};
  }

  Source& source_;
  std::shared_ptr<CsvFile> file_;
  std::size_t piece_;
  LineReader lines_;
  std::vector<ColumnRequest> columns_;
  std::int32_t batch_rows_;
  CsvIndex index_;
  arrow::csv::ParseOptions options_;
  std::int64_t first_number_;
  std::int64_t next_number_;
  std::vector<BadRow> bad_rows_;
  std::vector<std::int64_t> no_rows_;
  std::int64_t blank_lines_ = 0;
};

class CsvSource final : public Source {
 public:
  explicit CsvSource(std::shared_ptr<CsvFile> file) : file_(std::move(file)) {}

  [[nodiscard]] const std::string& name() const override { return file_->parts.input().path(); }
  [[nodiscard]] const SourceSchema& schema() const override { return file_->layout.columns; }
  [[nodiscard]] std::span<const PieceInfo> pieces() const override { return file_->parts.pieces(); }
  [[nodiscard]] std::span<const std::string> decisions() const override { return file_->layout.decisions; }
  [[nodiscard]] std::uint64_t estimated_rows() const override { return file_->parts.estimated_rows(); }
  Result<std::int64_t> first_row(std::size_t piece) override { return file_->parts.first_row(piece, *this); }

  Result<std::unique_ptr<BatchReader>> read(std::size_t piece, std::span<const ColumnRequest> columns,
                                            std::int64_t batch_rows) override {
    PROMFILL_ASSERT(piece < pieces().size() && batch_rows > 0);
    PROMFILL_TRY(LineReader lines, file_->parts.read(piece));
    return std::unique_ptr<BatchReader>(
        std::make_unique<CsvReader>(*this, file_, piece, std::move(lines), columns, batch_rows));
  }

 private:
  std::shared_ptr<CsvFile> file_;
};

}  // namespace

Result<std::unique_ptr<Source>> open_csv(std::string path, const SourceOptions& options) {
  PROMFILL_TRY(TextInput input, TextInput::open_or_standard_input(path));
  PROMFILL_TRY(const std::string sample, input.sample(kCsvSampleBytes));
  PROMFILL_TRY(CsvLayout layout, find_csv_layout(sample, options.csv, path));
  PROMFILL_TRY(const double text_bytes, input.text_bytes(kCsvSampleBytes));
  TextParts parts(std::move(input), layout.data_begin, layout.first_row, !layout.quoted_breaks);
  parts.set_row_bytes(layout.row_bytes, text_bytes);
  std::shared_ptr<CsvFile> file(new CsvFile{std::move(parts), std::move(layout), options.csv.cells,
                                            std::make_shared<BudgetedPool>(options.budget, options.pages),
                                            options.budget});
  return std::unique_ptr<Source>(std::make_unique<CsvSource>(std::move(file)));
}

}  // namespace promfill
