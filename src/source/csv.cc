#include "source/csv.h"

#include <arrow/csv/options.h>
#include <arrow/csv/parser.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "source/arrow_columns.h"
#include "source/csv_columns.h"
#include "source/text_input.h"

namespace promfill {
namespace {

constexpr std::size_t kBlockBytes = 1 << 20;
/// A part of a file: large enough that finding its first line costs nothing, small enough that threads end together.
constexpr std::uint64_t kPartBytes = 16 << 20;
/// A row that is longer is a missing quote.
constexpr std::size_t kRowBytesMax = 16 << 20;
constexpr std::uint64_t kNoEnd = std::numeric_limits<std::uint64_t>::max();
constexpr std::int64_t kUnknown = -1;

/// What all parts of a file share.
struct CsvFile {
  TextInput input;
  CsvLayout layout;
  CellFormat cells;
  std::shared_ptr<BudgetedPool> pool;
  MemoryBudget* budget = nullptr;
};

/// Whole lines of a part, a block at a time. A line belongs to the part in which its first byte lies.
class PartLines {
 public:
  /// @param begin  a part's first byte; @param end  the first that isn't its own.
  PartLines(const CsvFile& file, std::unique_ptr<ByteStream> stream, std::uint64_t begin, std::uint64_t end)
      : file_(file), stream_(std::move(stream)), offset_(begin), end_(end) {}

  /// Leave out the line that began in the part before: all up to the first line break. The stream begins one byte
  /// early, to tell whether the first byte begins a line.
  Status skip_begun_line() {
    --offset_;
    while (true) {
      const std::size_t at = text().find('\n');
      if (at != std::string_view::npos) {
        take(at + 1);
        return {};
      }
      take(text().size());
      if (at_end_of_file_) return {};
      PROMFILL_TRY_STATUS(fill());
    }
  }

  /// Lines that are whole, not taken yet; none at the part's end.
  Result<std::string_view> lines() {
    while (true) {
      const std::size_t whole = whole_bytes();
      if (whole > 0 || at_end_of_part()) return text().substr(0, whole);
      PROMFILL_TRY_STATUS(grow());
    }
  }
  void take(std::size_t bytes) {
    begin_ += bytes;
    offset_ += bytes;
  }
  /// Read on, though there are whole lines: they end within quotes. False where there is nothing more.
  Result<bool> read_on() {
    if (at_end_of_file_ || past_end()) return false;
    PROMFILL_TRY_STATUS(grow());
    return true;
  }
  /// Whether what lines() gave ends with the file.
  [[nodiscard]] bool at_end_of_file() const { return at_end_of_file_; }
  [[nodiscard]] std::size_t memory_bytes() const { return buffer_.capacity(); }

 private:
  [[nodiscard]] std::string_view text() const { return {buffer_.data() + begin_, filled_ - begin_}; }
  [[nodiscard]] bool at_end_of_part() const { return offset_ >= end_ || (at_end_of_file_ && text().empty()); }
  /// Whether the buffer has the byte before the next part.
  [[nodiscard]] bool past_end() const { return end_ != kNoEnd && offset_ + text().size() >= end_; }

  [[nodiscard]] std::size_t whole_bytes() const {
    if (offset_ >= end_) return 0;
    if (past_end()) {  // the last line is the one that has the byte before the end
      const std::size_t line_break = text().find('\n', static_cast<std::size_t>(end_ - 1 - offset_));
      if (line_break != std::string_view::npos) return line_break + 1;
      return at_end_of_file_ ? text().size() : 0;
    }
    if (at_end_of_file_) return text().size();
    const std::size_t last = text().rfind('\n');
    return last == std::string_view::npos ? 0 : last + 1;
  }

  Status grow() {
    if (text().size() <= kRowBytesMax) return fill();
    return Error{ErrorCode::kLimit, "a line is longer than " + std::to_string(kRowBytesMax >> 20) + " MiB",
                 file_.input.path() + ", at byte " + std::to_string(offset_), "look for a quote that is not closed"};
  }

  Status fill() {
    const std::size_t kept = text().size();
    std::memmove(buffer_.data(), buffer_.data() + begin_, kept);
    begin_ = 0;
    buffer_.resize(kept + kBlockBytes);
    PROMFILL_TRY(const std::size_t got, stream_->read(std::span(buffer_).subspan(kept)));
    filled_ = kept + got;
    at_end_of_file_ = got < kBlockBytes;
    return {};
  }

  const CsvFile& file_;
  std::unique_ptr<ByteStream> stream_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t filled_ = 0;
  std::uint64_t offset_;  // of the text in the file
  std::uint64_t end_;
  bool at_end_of_file_ = false;
};

/// What a batch keeps.
struct CsvBatch {
  std::vector<CsvColumn> columns;
  MemoryCharge charge;
};

class CsvReader final : public BatchReader {
 public:
  CsvReader(std::shared_ptr<const CsvFile> file, PartLines lines, std::span<const ColumnRequest> columns,
            std::int64_t batch_rows, std::int64_t first_row, std::atomic<std::int64_t>& numbers)
      : file_(std::move(file)),
        lines_(std::move(lines)),
        columns_(columns.begin(), columns.end()),
        batch_rows_(static_cast<std::int32_t>(std::min<std::int64_t>(batch_rows, arrow::csv::kMaxParserNumRows))),
        next_number_(first_row),
        first_number_(first_row),
        numbers_(numbers) {
    options_.delimiter = file_->layout.delimiter;
    options_.newlines_in_values = true;
    options_.ignore_empty_lines = false;  // they have numbers
    options_.invalid_row_handler = [this](const arrow::csv::InvalidRow& row) {
      take_bad_row(row);
      return arrow::csv::InvalidRowResult::Skip;
    };
  }

  Result<std::optional<ColumnBatch>> next() override {
    while (true) {
      PROMFILL_TRY(const std::string_view text, lines_.lines());
      if (text.empty()) {
        numbers_ = next_number_ - first_number_;
        return std::optional<ColumnBatch>();
      }
      arrow::csv::BlockParser parser(file_->pool.get(), options_, static_cast<int>(file_->layout.columns.size()),
                                     next_number_, batch_rows_);
      PROMFILL_TRY(const std::size_t bytes, parse(text, parser));
      if (bytes == 0) {
        PROMFILL_TRY(const bool more, lines_.read_on());
        if (more) continue;
        return unclosed_quote();
      }
      ColumnBatch batch = read_columns(parser);
      lines_.take(bytes);
      next_number_ += parser.total_num_rows();
      if (batch.rows > 0 || !batch.bad_rows.empty()) return std::optional(std::move(batch));
    }
  }

 private:
  /// @return the bytes of whole rows.
  Result<std::size_t> parse(std::string_view text, arrow::csv::BlockParser& parser) {
    bad_rows_.clear();
    no_rows_.clear();
    std::uint32_t bytes = 0;
    const bool is_last = lines_.at_end_of_file() && text.back() != '\n';
    const arrow::Status parsed = is_last ? parser.ParseFinal(text, &bytes) : parser.Parse(text, &bytes);
    if (!parsed.ok()) return arrow_error(parsed, "parse", where_now());
    return bytes;
  }

  void take_bad_row(const arrow::csv::InvalidRow& row) {
    constexpr std::size_t kShownBytes = 4096;
    no_rows_.push_back(row.number);
    const bool is_blank = row.text.find_first_not_of("\r\n") == std::string_view::npos;
    if (is_blank) return;
    std::string_view text = row.text;
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    const bool many = row.actual_columns > row.expected_columns;
    bad_rows_.push_back(
        {row.number, many ? "too_many_cells" : "too_few_cells", std::string(text.substr(0, kShownBytes))});
  }

  ColumnBatch read_columns(const arrow::csv::BlockParser& parser) {
    const auto kept = std::make_shared<CsvBatch>();
    ColumnBatch batch;
    batch.rows = parser.num_rows();
    batch.first_row = next_number_;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      ColumnType type = file_->layout.columns[columns_[i].column].type;
      if (columns_[i].as_text && !columns_[i].as_label) type.kind = ColumnKind::kUtf8;
      kept->columns.push_back(read_csv_column(parser, static_cast<int>(columns_[i].column), type, columns_[i].as_label,
                                              file_->cells, i, batch.bad_cells));
    }
    for (const CsvColumn& column : kept->columns) {
      batch.columns.push_back(column.view());
      batch.bytes += column.memory_bytes();
    }
    if (file_->budget != nullptr) {
      kept->charge = MemoryCharge(*file_->budget);
      kept->charge.resize(batch.bytes);
    }
    batch.owner = kept;
    batch.bad_rows = std::move(bad_rows_);
    batch.no_rows = std::move(no_rows_);
    return batch;
  }

  [[nodiscard]] std::string where_now() const {
    return file_->input.path() + ", row " + std::to_string(next_number_) + (first_number_ == 1 ? " of a part" : "");
  }

  [[nodiscard]] Error unclosed_quote() const {
    return {ErrorCode::kData, "a quote is not closed: a line breaks within it, or it is missing", where_now(),
            "if lines break within quotes in this file, say so with --csv-quoted-breaks"};
  }

  std::shared_ptr<const CsvFile> file_;
  PartLines lines_;
  std::vector<ColumnRequest> columns_;
  std::int32_t batch_rows_;
  arrow::csv::ParseOptions options_;
  std::int64_t next_number_;
  std::int64_t first_number_;
  std::atomic<std::int64_t>& numbers_;  // of the part, once it is read
  std::vector<BadRow> bad_rows_;
  std::vector<std::int64_t> no_rows_;
};

class CsvSource final : public Source {
 public:
  explicit CsvSource(std::shared_ptr<const CsvFile> file) : file_(std::move(file)) {
    const CsvLayout& layout = file_->layout;
    const bool has_parts = file_->input.has_parts() && !layout.quoted_breaks;
    const std::uint64_t size = file_->input.stored_bytes();
    for (std::uint64_t begin = layout.data_begin; begin < size || pieces_.empty(); begin += kPartBytes) {
      const std::uint64_t end = has_parts && size - begin > kPartBytes ? begin + kPartBytes : kNoEnd;
      PieceInfo piece;
      piece.first_row = begin == layout.data_begin ? layout.first_row : 0;
      piece.bytes = std::min(end, size) - std::min(begin, size);
      pieces_.push_back(piece);
      ends_.push_back(end);
      if (end == kNoEnd) break;
    }
    numbers_ = std::vector<std::atomic<std::int64_t>>(pieces_.size());
    for (auto& number : numbers_) number = kUnknown;
  }

  [[nodiscard]] const std::string& name() const override { return file_->input.path(); }
  [[nodiscard]] const SourceSchema& schema() const override { return file_->layout.columns; }
  [[nodiscard]] std::span<const PieceInfo> pieces() const override { return pieces_; }
  [[nodiscard]] std::span<const std::string> decisions() const override { return file_->layout.decisions; }

  Result<std::int64_t> first_row(std::size_t piece) override {
    std::int64_t number = file_->layout.first_row;
    for (std::size_t p = 0; p < piece; ++p) {
      if (numbers_[p] == kUnknown) PROMFILL_TRY_STATUS(count(p));
      number += numbers_[p];
    }
    return number;
  }

  Result<std::unique_ptr<BatchReader>> read(std::size_t piece, std::span<const ColumnRequest> columns,
                                            std::int64_t batch_rows) override {
    PROMFILL_ASSERT(piece < pieces_.size() && batch_rows > 0);
    PROMFILL_TRY(PartLines lines, lines_of(piece));
    return std::unique_ptr<BatchReader>(std::make_unique<CsvReader>(file_, std::move(lines), columns, batch_rows,
                                                                    std::max<std::int64_t>(1, pieces_[piece].first_row),
                                                                    numbers_[piece]));
  }

 private:
  Result<PartLines> lines_of(std::size_t piece) const {
    const std::uint64_t begin = file_->layout.data_begin + piece * kPartBytes;
    if (piece > 0) {
      PROMFILL_TRY(auto stream, file_->input.read(begin - 1));
      PartLines lines(*file_, std::move(stream), begin, ends_[piece]);
      PROMFILL_TRY_STATUS(lines.skip_begun_line());
      return lines;
    }
    const bool at_data = file_->input.has_parts();
    PROMFILL_TRY(auto stream, file_->input.read(at_data ? begin : 0));
    if (!at_data) PROMFILL_TRY_STATUS(skip(*stream, begin));
    return PartLines(*file_, std::move(stream), begin, ends_[piece]);
  }

  static Status skip(ByteStream& stream, std::uint64_t bytes) {
    std::vector<char> skipped(kBlockBytes);
    while (bytes > 0) {
      const auto now = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, skipped.size()));
      PROMFILL_TRY(const std::size_t got, stream.read(std::span(skipped).first(now)));
      if (got < now) break;
      bytes -= got;
    }
    return {};
  }

  /// Read a part for the number of its rows: by a process that goes on where another stopped.
  Status count(std::size_t piece) {
    PROMFILL_TRY(const auto reader, read(piece, {}, arrow::csv::kMaxParserNumRows));
    while (true) {
      PROMFILL_TRY(const auto batch, reader->next());
      if (!batch) return {};
    }
  }

  std::shared_ptr<const CsvFile> file_;
  std::vector<PieceInfo> pieces_;
  std::vector<std::uint64_t> ends_;
  std::vector<std::atomic<std::int64_t>> numbers_;  // by piece: what its rows take, once it was read
};

}  // namespace

Result<std::unique_ptr<Source>> open_csv(std::string path, const SourceOptions& options) {
  PROMFILL_TRY(TextInput input, TextInput::open(path));
  PROMFILL_TRY(const std::string sample, input.sample(kCsvSampleBytes));
  PROMFILL_TRY(CsvLayout layout, find_csv_layout(sample, options.csv, path));
  auto file = std::make_shared<const CsvFile>(CsvFile{std::move(input), std::move(layout), options.csv.cells,
                                                      std::make_shared<BudgetedPool>(options.budget, options.pages),
                                                      options.budget});
  return std::unique_ptr<Source>(std::make_unique<CsvSource>(std::move(file)));
}

}  // namespace promfill
