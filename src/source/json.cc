#include "source/json.h"

#include <utility>

#include "source/text_input.h"
#include "text/json_layout.h"
#include "text/json_objects.h"
#include "text/json_rows.h"

namespace promfill {
namespace {

/// What all parts of a file share.
struct JsonFile {
  TextParts parts;
  JsonLayout layout;
  MemoryBudget* budget = nullptr;
};

/// What a batch keeps.
struct JsonBatch {
  std::vector<TextColumn> columns;
  MemoryCharge charge;
};

class JsonReader final : public BatchReader {
 public:
  JsonReader(std::shared_ptr<JsonFile> file, std::size_t piece, LineReader lines,
             std::span<const ColumnRequest> columns, std::int64_t batch_rows)
      : file_(std::move(file)),
        piece_(piece),
        lines_(std::move(lines)),
        parser_(file_->layout.columns, columns),
        batch_rows_(batch_rows),
        first_number_(file_->parts.first_number(piece)),
        next_number_(first_number_) {}

  Result<std::optional<ColumnBatch>> next() override {
    while (true) {
      PROMFILL_TRY(const std::string_view text, lines_.lines());
      if (text.empty()) {
        file_->parts.set_numbers(piece_, next_number_ - first_number_);
        return std::optional<ColumnBatch>();
      }
      JsonRows rows = parser_.read(text, next_number_, batch_rows_);
      lines_.take(rows.bytes);
      const std::int64_t first = next_number_;
      next_number_ += rows.numbers;
      if (rows.rows > 0 || !rows.bad_rows.empty()) return std::optional(batch_of(std::move(rows), first));
    }
  }

 private:
  ColumnBatch batch_of(JsonRows&& rows, std::int64_t first_number) {
    const auto kept = std::make_shared<JsonBatch>();
    kept->columns = std::move(rows.columns);
    ColumnBatch batch;
    batch.rows = rows.rows;
    batch.first_row = first_number;
    for (const TextColumn& column : kept->columns) {
      batch.columns.push_back(column.view());
      batch.bytes += column.memory_bytes();
    }
    if (file_->budget != nullptr) {
      kept->charge = MemoryCharge(*file_->budget);
      kept->charge.resize(batch.bytes);
    }
    batch.owner = kept;
    batch.bad_cells = std::move(rows.bad_cells);
    batch.bad_rows = std::move(rows.bad_rows);
    batch.no_rows = std::move(rows.no_rows);
    batch.unknown_columns = std::move(rows.unknown_columns);
    return batch;
  }

  std::shared_ptr<JsonFile> file_;
  std::size_t piece_;
  LineReader lines_;
  JsonRowParser parser_;
  std::int64_t batch_rows_;
  std::int64_t first_number_;
  std::int64_t next_number_;
};

class JsonSource final : public Source {
 public:
  explicit JsonSource(std::shared_ptr<JsonFile> file) : file_(std::move(file)) {}

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
        std::make_unique<JsonReader>(file_, piece, std::move(lines), columns, batch_rows));
  }

 private:
  std::shared_ptr<JsonFile> file_;
};

}  // namespace

Result<std::unique_ptr<Source>> open_json(std::string path, const SourceOptions& options) {
  PROMFILL_TRY(TextInput input, TextInput::open_or_standard_input(path));
  PROMFILL_TRY(std::string sample, input.sample(kJsonSampleBytes));
  TextParts::Filter filter;
  if (!has_object_per_line(sample)) {
    filter = read_json_objects;
    PROMFILL_TRY(auto stored, input.read(0));
    const auto objects = filter(std::move(stored));
    PROMFILL_TRY(const std::size_t bytes, objects->read(sample));
    sample.resize(bytes);
  }
  PROMFILL_TRY(JsonLayout layout, find_json_layout(sample, sample.size() < kJsonSampleBytes, path));
  layout.decisions.insert(layout.decisions.begin(),
                          filter ? "objects of one text: row numbers count them" : "an object a line");
  PROMFILL_TRY(const double text_bytes, input.text_bytes(kJsonSampleBytes));
  TextParts parts(std::move(input), 0, 1, true, std::move(filter));
  parts.set_row_bytes(layout.row_bytes, text_bytes);
  std::shared_ptr<JsonFile> file(new JsonFile{std::move(parts), std::move(layout), options.budget});
  return std::unique_ptr<Source>(std::make_unique<JsonSource>(std::move(file)));
}

}  // namespace promfill
