#include "source/parquet_columns.h"

#include <arrow/buffer.h>
#include <arrow/type.h>
#include <parquet/column_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

#include "source/parquet_exceptions.h"

namespace promfill {
namespace {

/// Rows decoded at a time where levels or narrower values come first: both stay in the first-level cache.
constexpr std::int64_t kStretchRows = 4096;

/// What one call of a column reader gave. It stops at the end of a page.
struct Stretch {
  std::int64_t rows = 0;
  std::int64_t values = 0;  // of the rows that have one, without gaps
};

/// The validity bitmap of a batch's column, which is there from the first null on.
class Validity {
 public:
  Validity(std::int64_t rows, BatchMemory& memory) : rows_(rows), memory_(memory) {}

  /// Mark the rows from `first` on whose level is 0.
  arrow::Status mark_nulls(std::span<const std::int16_t> levels, std::int64_t first) {
    if (bits_ == nullptr) {
      const std::int64_t bytes = (rows_ + 7) / 8;
      ARROW_ASSIGN_OR_RAISE(bits_, memory_.allocate(bytes));
      std::memset(bits_, 0xFF, static_cast<std::size_t>(bytes));
    }
    auto bit = static_cast<std::size_t>(first);
    unsigned missing = 0;
    for (const std::int16_t level : levels) {
      missing |= static_cast<unsigned>(level == 0) << (bit & 7);
      if ((++bit & 7) != 0) continue;
      bits_[(bit - 1) >> 3] &= static_cast<std::uint8_t>(~missing);
      missing = 0;
    }
    if (missing != 0) bits_[bit >> 3] &= static_cast<std::uint8_t>(~missing);
    return arrow::Status::OK();
  }
  [[nodiscard]] const std::uint8_t* bits() const { return bits_; }

 private:
  std::int64_t rows_;
  BatchMemory& memory_;
  std::uint8_t* bits_ = nullptr;
};

/// Move values without gaps to their rows, from the last to the first; rows without a value get 0.
template <typename Value>
void spread(Value* values, std::int64_t value_count, std::span<const std::int16_t> levels) {
  std::int64_t next = value_count;
  for (std::size_t row = levels.size(); row-- > 0;) {
    next -= levels[row];
    values[row] = levels[row] != 0 ? values[next] : Value{};
  }
}

/// A column of which `Chunk` reads stretches: Chunk::Value, Chunk::read(rows, levels, values), Chunk::describe(view).
template <typename Chunk>
class FlatDecoder final : public ColumnDecoder {
 public:
  FlatDecoder(Chunk chunk, bool nullable) : chunk_(std::move(chunk)), levels_(nullable ? kStretchRows : 0) {}

  arrow::Result<ColumnView> decode(std::int64_t rows, BatchMemory& memory) override {
    using Value = typename Chunk::Value;
    ARROW_ASSIGN_OR_RAISE(std::uint8_t* const bytes, memory.allocate(rows * static_cast<std::int64_t>(sizeof(Value))));
    auto* const values = reinterpret_cast<Value*>(bytes);
    Validity validity(rows, memory);
    ColumnView view;
    for (std::int64_t row = 0; row < rows;) {
      ARROW_ASSIGN_OR_RAISE(const Stretch stretch, next_stretch(rows - row, values + row));
      if (stretch.rows == 0) return arrow::Status::Invalid("the column ends ", rows - row, " rows early");
      if (stretch.values < stretch.rows) {
        const auto levels = std::span(levels_).first(static_cast<std::size_t>(stretch.rows));
        ARROW_RETURN_NOT_OK(validity.mark_nulls(levels, row));
        spread(values + row, stretch.values, levels);
        view.null_count += stretch.rows - stretch.values;
      }
      row += stretch.rows;
    }
    view.values = values;
    view.validity = validity.bits();
    chunk_.describe(view);
    return view;
  }

  arrow::Result<bool> at_end() override {
    return without_exceptions([&] { return !chunk_.has_next(); });
  }

 private:
  /// Rows and as many values as their levels say: a page may be cut off within its values.
  arrow::Result<Stretch> next_stretch(std::int64_t rows, typename Chunk::Value* values) {
    const bool nullable = !levels_.empty();
    ARROW_ASSIGN_OR_RAISE(const Stretch stretch, chunk_.read(nullable ? std::min(rows, kStretchRows) : rows,
                                                             nullable ? levels_.data() : nullptr, values));
    if (stretch.values == stretch.rows) return stretch;
    const std::int64_t expected =
        nullable ? std::count(levels_.begin(), levels_.begin() + stretch.rows, std::int16_t{1}) : stretch.rows;
    if (stretch.values != expected) {
      return arrow::Status::Invalid("a page has ", stretch.values, " values where its levels say ", expected);
    }
    return stretch;
  }

  Chunk chunk_;
  std::vector<std::int16_t> levels_;
};

/// Numbers stored as Physical that Arrow types as Narrow, as a batch's Value.
template <typename Physical, typename Narrow, typename Number>
class NumberChunk {
 public:
  using Value = Number;
  using Stored = typename Physical::c_type;

  NumberChunk(std::shared_ptr<parquet::ColumnReader> reader, const ColumnType& type)
      : reader_(std::static_pointer_cast<parquet::TypedColumnReader<Physical>>(std::move(reader))),
        kind_(type.kind),
        unit_(type.unit) {}

  arrow::Result<Stretch> read(std::int64_t rows, std::int16_t* levels, Value* values) {
    if constexpr (std::is_same_v<Stored, Value>) {
      return read_stored(rows, levels, values);
    } else {
      stored_.resize(kStretchRows);
      ARROW_ASSIGN_OR_RAISE(const Stretch stretch, read_stored(std::min(rows, kStretchRows), levels, stored_.data()));
      for (std::int64_t i = 0; i < stretch.values; ++i) {
        values[i] = static_cast<Value>(static_cast<Narrow>(stored_[static_cast<std::size_t>(i)]));
      }
      return stretch;
    }
  }
  bool has_next() { return reader_->HasNext(); }
  void describe(ColumnView& view) const {
    view.kind = kind_;
    view.unit = unit_;
  }

 private:
  arrow::Result<Stretch> read_stored(std::int64_t rows, std::int16_t* levels, Stored* values) {
    return without_exceptions([&] {
      Stretch stretch;
      stretch.rows = reader_->ReadBatch(rows, levels, nullptr, values, &stretch.values);
      return stretch;
    });
  }

  std::shared_ptr<parquet::TypedColumnReader<Physical>> reader_;
  ColumnKind kind_;
  TimeUnit unit_;
  std::vector<Stored> stored_;  // where it is narrower than Value
};

/// A dictionary's view with its memory: mapping keeps it beyond the row group.
struct Dictionary {
  BatchMemory memory;
  ColumnView view;
};

arrow::Result<std::shared_ptr<const ColumnView>> copy_dictionary(std::span<const parquet::ByteArray> entries,
                                                                 const std::shared_ptr<BudgetedPool>& pool) {
  std::int64_t text_bytes = 0;
  for (const parquet::ByteArray& entry : entries) text_bytes += entry.len;
  if (text_bytes > std::numeric_limits<std::int32_t>::max()) {
    return arrow::Status::Invalid("a dictionary of ", text_bytes, " bytes");  // its page holds at most 2^31
  }
  auto dictionary = std::make_shared<Dictionary>(Dictionary{BatchMemory(pool), {}});
  const auto offsets_bytes = static_cast<std::int64_t>((entries.size() + 1) * sizeof(std::int32_t));
  ARROW_ASSIGN_OR_RAISE(std::uint8_t* const offsets_at, dictionary->memory.allocate(offsets_bytes));
  ARROW_ASSIGN_OR_RAISE(std::uint8_t* const text, dictionary->memory.allocate(text_bytes));
  auto* const offsets = reinterpret_cast<std::int32_t*>(offsets_at);
  std::int32_t end = 0;
  offsets[0] = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].len != 0) std::memcpy(text + end, entries[i].ptr, entries[i].len);
    end += static_cast<std::int32_t>(entries[i].len);
    offsets[i + 1] = end;
  }
  dictionary->view.kind = ColumnKind::kUtf8;
  dictionary->view.offsets = offsets;
  dictionary->view.values = text;
  return std::shared_ptr<const ColumnView>(dictionary, &dictionary->view);
}

/// Text as codes into the dictionary page of the chunk.
class CodeChunk {
 public:
  using Value = std::int32_t;

  CodeChunk(std::shared_ptr<parquet::ColumnReader> reader, std::shared_ptr<BudgetedPool> pool)
      : reader_(std::static_pointer_cast<parquet::ByteArrayReader>(std::move(reader))), pool_(std::move(pool)) {}

  arrow::Result<Stretch> read(std::int64_t rows, std::int16_t* levels, Value* codes) {
    const parquet::ByteArray* entries = nullptr;
    std::int32_t entry_count = 0;
    ARROW_ASSIGN_OR_RAISE(const Stretch stretch, without_exceptions([&] {
                            Stretch read;
                            read.rows = reader_->ReadBatchWithDictionary(rows, levels, nullptr, codes, &read.values,
                                                                         &entries, &entry_count);
                            return read;
                          }));
    if (dictionary_ == nullptr) {
      ARROW_ASSIGN_OR_RAISE(dictionary_,
                            copy_dictionary(std::span(entries, static_cast<std::size_t>(entry_count)), pool_));
      dictionary_rows_ = entry_count;
    }
    std::uint32_t largest = 0;
    for (std::int64_t i = 0; i < stretch.values; ++i) largest = std::max(largest, static_cast<std::uint32_t>(codes[i]));
    if (stretch.values > 0 && largest >= static_cast<std::uint32_t>(dictionary_rows_)) {
      return arrow::Status::Invalid("dictionary code ", largest, " has no value");
    }
    return stretch;
  }
  bool has_next() { return reader_->HasNext(); }
  void describe(ColumnView& view) const {
    view.kind = ColumnKind::kDictionary;
    view.dictionary = dictionary_;
    view.dictionary_rows = dictionary_rows_;
  }

 private:
  std::shared_ptr<parquet::ByteArrayReader> reader_;
  std::shared_ptr<BudgetedPool> pool_;
  std::shared_ptr<const ColumnView> dictionary_;
  std::int64_t dictionary_rows_ = 0;
};

bool is_nullable(const parquet::ColumnReader& reader) { return reader.descr()->max_definition_level() > 0; }

template <typename Physical, typename Narrow, typename Value>
std::unique_ptr<ColumnDecoder> make_number_decoder(std::shared_ptr<parquet::ColumnReader> reader,
                                                   const ColumnType& type) {
  using Chunk = NumberChunk<Physical, Narrow, Value>;
  const bool nullable = is_nullable(*reader);
  return std::make_unique<FlatDecoder<Chunk>>(Chunk(std::move(reader), type), nullable);
}

/// Numbers that are read here: stored like this, typed by Arrow like that. Others are computed rather than widened.
struct NumberLayout {
  parquet::Type::type stored;
  arrow::Type::type type;
  std::unique_ptr<ColumnDecoder> (*make)(std::shared_ptr<parquet::ColumnReader>, const ColumnType&);
};

constexpr NumberLayout kNumberLayouts[] = {
    {parquet::Type::INT64, arrow::Type::INT64, make_number_decoder<parquet::Int64Type, std::int64_t, std::int64_t>},
    {parquet::Type::INT64, arrow::Type::UINT64, make_number_decoder<parquet::Int64Type, std::int64_t, std::int64_t>},
    {parquet::Type::INT64, arrow::Type::TIMESTAMP, make_number_decoder<parquet::Int64Type, std::int64_t, std::int64_t>},
    {parquet::Type::INT32, arrow::Type::INT8, make_number_decoder<parquet::Int32Type, std::int8_t, std::int64_t>},
    {parquet::Type::INT32, arrow::Type::INT16, make_number_decoder<parquet::Int32Type, std::int16_t, std::int64_t>},
    {parquet::Type::INT32, arrow::Type::INT32, make_number_decoder<parquet::Int32Type, std::int32_t, std::int64_t>},
    {parquet::Type::INT32, arrow::Type::UINT8, make_number_decoder<parquet::Int32Type, std::uint8_t, std::int64_t>},
    {parquet::Type::INT32, arrow::Type::UINT16, make_number_decoder<parquet::Int32Type, std::uint16_t, std::int64_t>},
    {parquet::Type::INT32, arrow::Type::UINT32, make_number_decoder<parquet::Int32Type, std::uint32_t, std::int64_t>},
    {parquet::Type::FLOAT, arrow::Type::FLOAT, make_number_decoder<parquet::FloatType, float, double>},
    {parquet::Type::DOUBLE, arrow::Type::DOUBLE, make_number_decoder<parquet::DoubleType, double, double>},
};

/// Whether the metadata says that every data page is dictionary-encoded. Older files don't say.
bool is_dictionary_encoded(const parquet::ColumnChunkMetaData& chunk) {
  const std::vector<parquet::PageEncodingStats>& pages = chunk.encoding_stats();
  return chunk.has_dictionary_page() && !pages.empty() && std::all_of(pages.begin(), pages.end(), [](const auto& page) {
           return page.page_type == parquet::PageType::DICTIONARY_PAGE ||
                  page.encoding == parquet::Encoding::RLE_DICTIONARY ||
                  page.encoding == parquet::Encoding::PLAIN_DICTIONARY;
         });
}

arrow::Result<std::unique_ptr<ColumnDecoder>> make_code_decoder(parquet::RowGroupReader& group, int leaf,
                                                                const std::shared_ptr<BudgetedPool>& pool) {
  return without_exceptions([&]() -> std::unique_ptr<ColumnDecoder> {
    if (!is_dictionary_encoded(*group.metadata()->ColumnChunk(leaf))) return nullptr;
    auto reader = group.ColumnWithExposeEncoding(leaf, parquet::ExposedEncoding::DICTIONARY);
    if (reader->GetExposedEncoding() != parquet::ExposedEncoding::DICTIONARY) return nullptr;
    const bool nullable = is_nullable(*reader);
    return std::make_unique<FlatDecoder<CodeChunk>>(CodeChunk(std::move(reader), pool), nullable);
  });
}

}  // namespace

arrow::Result<std::uint8_t*> BatchMemory::allocate(std::int64_t bytes) {
  ARROW_ASSIGN_OR_RAISE(std::unique_ptr<arrow::Buffer> buffer, arrow::AllocateBuffer(bytes, pool_.get()));
  bytes_ += static_cast<std::uint64_t>(bytes);
  buffers_.push_back(std::move(buffer));
  return buffers_.back()->mutable_data();
}

arrow::Result<std::unique_ptr<ColumnDecoder>> make_column_decoder(parquet::RowGroupReader& group,
                                                                  const DecodedColumn& column,
                                                                  const std::shared_ptr<BudgetedPool>& pool) {
  const parquet::ColumnDescriptor& leaf = *group.metadata()->schema()->Column(column.leaf);
  const parquet::Type::type stored = leaf.physical_type();
  ARROW_ASSIGN_OR_RAISE(const parquet::Type::type chunk_stored,
                        without_exceptions([&] { return group.metadata()->ColumnChunk(column.leaf)->type(); }));
  const bool is_flat = leaf.max_repetition_level() == 0 && leaf.max_definition_level() <= 1;
  if (!is_flat || chunk_stored != stored) return nullptr;  // Arrow says what is wrong with another type
  const ColumnKind kind = column.type.kind;
  if (stored == parquet::Type::BYTE_ARRAY) {
    const bool as_codes = kind == ColumnKind::kDictionary || (kind == ColumnKind::kUtf8 && column.as_label);
    if (!as_codes) return nullptr;
    return make_code_decoder(group, column.leaf, pool);
  }
  for (const NumberLayout& layout : kNumberLayouts) {
    if (layout.stored != stored || layout.type != column.arrow_type) continue;
    return without_exceptions([&] { return layout.make(group.Column(column.leaf), column.type); });
  }
  return nullptr;
}

}  // namespace promfill
