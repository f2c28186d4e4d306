#include "input/partitions.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace promfill {
namespace {

constexpr std::string_view kNoValue = "__HIVE_DEFAULT_PARTITION__";

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const bool is_escape =
        text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr == text.data() + i + 3;
    out += is_escape ? static_cast<char>(byte) : text[i];
    if (is_escape) i += 2;
  }
  return out;
}

/// One value, which all rows have. Mapping keeps a dictionary beyond the batch.
struct Constant {
  std::string text;
  std::array<std::int32_t, 2> offsets{};
  ColumnView view;
};

std::shared_ptr<const ColumnView> dictionary_of(std::string text) {
  auto constant = std::make_shared<Constant>();
  constant->text = std::move(text);
  constant->offsets = {0, static_cast<std::int32_t>(constant->text.size())};
  constant->view.kind = ColumnKind::kUtf8;
  constant->view.values = constant->text.data();
  constant->view.offsets = constant->offsets.data();
  const ColumnView* const view = &constant->view;
  return {std::move(constant), view};
}

/// What a batch keeps: the file's columns, and a code for each row, which is always 0 and so serves as bitmap of nulls.
struct PartitionedBatch {
  std::shared_ptr<const void> owner;
  std::vector<std::int32_t> codes;
};

/// Which column of the result is what.
struct Origin {
  bool of_file = true;
  std::size_t position = 0;  // among the file's columns, or of the partition
};

class PartitionedReader final : public BatchReader {
 public:
  PartitionedReader(std::unique_ptr<BatchReader> reader, std::vector<Origin> origins,
                    std::vector<std::shared_ptr<const ColumnView>> values)
      : reader_(std::move(reader)), origins_(std::move(origins)), values_(std::move(values)) {}

  Result<std::optional<ColumnBatch>> next() override {
    PROMFILL_TRY(std::optional<ColumnBatch> batch, reader_->next());
    if (!batch) return batch;
    auto kept = std::make_shared<PartitionedBatch>();
    kept->owner = std::move(batch->owner);
    kept->codes.resize(static_cast<std::size_t>(batch->rows) + 1);
    std::vector<ColumnView> columns;
    std::vector<std::size_t> positions(batch->columns.size());
    for (const Origin& origin : origins_) {
      if (origin.of_file) {
        positions[origin.position] = columns.size();
        columns.push_back(batch->columns[origin.position]);
      } else {
        columns.push_back(constant(values_[origin.position], batch->rows, kept->codes));
      }
    }
    batch->columns = std::move(columns);
    for (BadCell& cell : batch->bad_cells) cell.column = positions[cell.column];
    batch->bytes += kept->codes.size() * sizeof(std::int32_t);
    batch->owner = std::move(kept);
    return batch;
  }

 private:
  static ColumnView constant(const std::shared_ptr<const ColumnView>& value, std::int64_t rows,
                             const std::vector<std::int32_t>& codes) {
    ColumnView column;
    column.kind = ColumnKind::kDictionary;
    column.values = codes.data();
    column.dictionary = value;
    column.dictionary_rows = 1;
    if (value == nullptr) {
      static const std::shared_ptr<const ColumnView> kEmpty = dictionary_of("");
      column.dictionary = kEmpty;
      column.null_count = rows;
      column.validity = reinterpret_cast<const std::uint8_t*>(codes.data());
    }
    return column;
  }

  std::unique_ptr<BatchReader> reader_;
  std::vector<Origin> origins_;
  std::vector<std::shared_ptr<const ColumnView>> values_;
};

class PartitionedSource final : public Source {
 public:
  PartitionedSource(std::unique_ptr<Source> source, std::vector<Partition> partitions)
      : source_(std::move(source)), schema_(source_->schema()) {
    for (Partition& partition : partitions) {
      schema_.push_back({partition.column, {.kind = ColumnKind::kUtf8, .source_type = "name of a directory"}});
      values_.push_back(partition.value ? dictionary_of(*std::move(partition.value)) : nullptr);
    }
  }

  [[nodiscard]] const std::string& name() const override { return source_->name(); }
  [[nodiscard]] const SourceSchema& schema() const override { return schema_; }
  [[nodiscard]] std::span<const PieceInfo> pieces() const override { return source_->pieces(); }
  [[nodiscard]] std::span<const std::string> decisions() const override { return source_->decisions(); }
  [[nodiscard]] std::uint64_t estimated_rows() const override { return source_->estimated_rows(); }
  Result<std::int64_t> first_row(std::size_t piece) override { return source_->first_row(piece); }

  Result<std::unique_ptr<BatchReader>> read(std::size_t piece, std::span<const ColumnRequest> columns,
                                            std::int64_t batch_rows) override {
    const std::size_t of_file = source_->schema().size();
    std::vector<ColumnRequest> requests;
    std::vector<Origin> origins;
    for (const ColumnRequest& request : columns) {
      if (request.column < of_file) {
        origins.push_back({true, requests.size()});
        requests.push_back(request);
      } else {
        origins.push_back({false, request.column - of_file});
      }
    }
    PROMFILL_TRY(auto reader, source_->read(piece, requests, batch_rows));
    return std::unique_ptr<BatchReader>(
        std::make_unique<PartitionedReader>(std::move(reader), std::move(origins), values_));
  }

 private:
  std::unique_ptr<Source> source_;
  SourceSchema schema_;
  std::vector<std::shared_ptr<const ColumnView>> values_;  // of each partition; null: none
};

}  // namespace

std::vector<Partition> partitions_of(std::string_view path) {
  std::vector<Partition> partitions;
  while (true) {
    const std::size_t slash = path.find('/');
    if (slash == std::string_view::npos) return partitions;  // the file's own name
    const std::string_view directory = path.substr(0, slash);
    path.remove_prefix(slash + 1);
    const std::size_t equals = directory.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    Partition partition{.column = unescaped(directory.substr(0, equals)), .value = {}};
    const std::string_view value = directory.substr(equals + 1);
    if (value != kNoValue) partition.value = unescaped(value);
    // The innermost says it.
    std::erase_if(partitions, [&](const Partition& outer) { return outer.column == partition.column; });
    partitions.push_back(std::move(partition));
  }
}

std::unique_ptr<Source> with_partitions(std::unique_ptr<Source> source, std::vector<Partition> partitions) {
  std::erase_if(partitions, [&](const Partition& partition) {
    return std::ranges::any_of(source->schema(),
                               [&](const ColumnField& field) { return field.name == partition.column; });
  });
  if (partitions.empty()) return source;
  return std::make_unique<PartitionedSource>(std::move(source), std::move(partitions));
}

}  // namespace promfill
