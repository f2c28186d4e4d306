// Goal: columns decoded without Arrow arrays are what Arrow arrays give, for every type, place of nulls, encoding, page
// layout and batch size. Method: the same file read by both; the layouts that are decoded are listed as such, so that
// nothing compares Arrow with itself unnoticed.
#include "source/parquet_columns.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <optional>
#include <random>

#include "resource/memory_budget.h"
#include "source/parquet.h"
#include "source/parquet_fixture.h"

namespace promfill {
namespace {

using Properties = parquet::WriterProperties;

constexpr std::int64_t kRows = 400;
constexpr std::int64_t kGroupRows = 150;

// ---- tables

enum class Nulls { kRequired, kNone, kSome, kRuns, kAll };

std::vector<bool> valid_rows(Nulls nulls) {
  std::mt19937_64 random(7);
  std::vector<bool> valid(kRows, nulls != Nulls::kAll);
  for (std::size_t row = 0; row < valid.size(); ++row) {
    if (nulls == Nulls::kSome) valid[row] = random() % 3 != 0;
    if (nulls == Nulls::kRuns) valid[row] = row / 60 % 2 == 0;
  }
  return valid;
}

/// Numbers of which some repeat, some are the smallest and largest of their type.
template <typename Value>
std::vector<Value> numbers() {
  std::mt19937_64 random(11);
  std::vector<Value> values{std::numeric_limits<Value>::lowest(), std::numeric_limits<Value>::max(), Value{}};
  while (values.size() < kRows) {
    values.push_back(random() % 2 == 0 ? static_cast<Value>(random()) : static_cast<Value>(random() % 8));
  }
  return values;
}

std::vector<std::string> texts() {
  std::mt19937_64 random(13);
  std::vector<std::string> values{"", "a", std::string("nul\0inside", 10), "\xff not utf-8", std::string(300, 'x')};
  while (values.size() < kRows) values.push_back("host" + std::to_string(random() % 40));
  return values;
}

template <typename Builder, typename Value>
NamedArray column(const std::string& name, const std::shared_ptr<arrow::DataType>& type,
                  const std::vector<Value>& values, Nulls nulls) {
  return {name, make_array(Builder(type, arrow::default_memory_pool()), values, valid_rows(nulls))};
}

/// Every type that is decoded, and after `kDecoded` columns those that Arrow has to read.
constexpr std::size_t kDecodedTypes = 17;

std::vector<NamedArray> all_types(Nulls nulls) {
  std::vector<std::int64_t> times(kRows);
  for (std::size_t row = 0; row < times.size(); ++row) {
    times[row] = 1'700'000'000'000 + 1000 * static_cast<std::int64_t>(row);  // nanoseconds that microseconds can hold
  }
  std::vector<std::string> words = texts();
  std::vector<NamedArray> columns{
      column<arrow::Int8Builder>("int8", arrow::int8(), numbers<std::int8_t>(), nulls),
      column<arrow::Int16Builder>("int16", arrow::int16(), numbers<std::int16_t>(), nulls),
      column<arrow::Int32Builder>("int32", arrow::int32(), numbers<std::int32_t>(), nulls),
      column<arrow::Int64Builder>("int64", arrow::int64(), numbers<std::int64_t>(), nulls),
      column<arrow::UInt8Builder>("uint8", arrow::uint8(), numbers<std::uint8_t>(), nulls),
      column<arrow::UInt16Builder>("uint16", arrow::uint16(), numbers<std::uint16_t>(), nulls),
      column<arrow::UInt32Builder>("uint32", arrow::uint32(), numbers<std::uint32_t>(), nulls),
      column<arrow::UInt64Builder>("uint64", arrow::uint64(), numbers<std::uint64_t>(), nulls),
      column<arrow::FloatBuilder>("float", arrow::float32(), numbers<float>(), nulls),
      column<arrow::DoubleBuilder>("double", arrow::float64(), numbers<double>(), nulls),
      column<arrow::TimestampBuilder>("ms", arrow::timestamp(arrow::TimeUnit::MILLI), times, nulls),
      column<arrow::TimestampBuilder>("us", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), times, nulls),
      column<arrow::TimestampBuilder>("ns", arrow::timestamp(arrow::TimeUnit::NANO, "Europe/Berlin"), times, nulls),
      column<arrow::TimestampBuilder>("s", arrow::timestamp(arrow::TimeUnit::SECOND), times, nulls),
      column<arrow::StringBuilder>("string", arrow::utf8(), words, nulls),
      column<arrow::BinaryBuilder>("binary", arrow::binary(), words, nulls),
      column<arrow::LargeStringBuilder>("large", arrow::large_utf8(), words, nulls),
      column<arrow::BooleanBuilder>("bool", arrow::boolean(), std::vector<bool>(kRows, true), nulls),
      column<arrow::Date32Builder>("date", arrow::date32(), numbers<std::int16_t>(), nulls),
  };
  columns.push_back(
      {"decimal", (*arrow::MakeArrayFromScalar(
                      arrow::Decimal128Scalar(arrow::Decimal128(12345), arrow::decimal128(9, 2)), kRows))});
  return columns;
}

struct Layout {
  std::string name;
  std::function<void(Properties::Builder&)> apply;
  bool has_codes = true;         ///< every page of text holds dictionary codes
  bool has_differences = false;  ///< of which Arrow makes no dictionary
};

std::vector<Layout> layouts() {
  return {
      {"as written by default", [](auto& to) { to.compression(parquet::Compression::SNAPPY); }},
      {"small pages", [](auto& to) { to.data_pagesize(256)->write_batch_size(10)->enable_page_checksum(); }},
      {"second version of pages",
       [](auto& to) {
         to.data_page_version(parquet::ParquetDataPageVersion::V2)->data_pagesize(512)->write_batch_size(7);
         to.compression(parquet::Compression::ZSTD);
       }},
      {"first version of the format",
       [](auto& to) { to.version(parquet::ParquetVersion::PARQUET_1_0)->data_pagesize(512)->write_batch_size(7); }},
      {"dictionaries given up",
       [](auto& to) { to.dictionary_pagesize_limit(40)->data_pagesize(64)->write_batch_size(8); }, false},
      {"plain", [](auto& to) { to.disable_dictionary()->data_pagesize(300)->write_batch_size(9); }, false},
      {"differences",
       [](auto& to) {
         to.disable_dictionary()->data_pagesize(2000)->write_batch_size(100);
         for (const char* name : {"int8", "int16", "int32", "int64", "uint32", "ms", "us", "ns"}) {
           to.encoding(name, parquet::Encoding::DELTA_BINARY_PACKED);
         }
         to.encoding("float", parquet::Encoding::BYTE_STREAM_SPLIT);
         to.encoding("double", parquet::Encoding::BYTE_STREAM_SPLIT);
         to.encoding("string", parquet::Encoding::DELTA_BYTE_ARRAY);
         to.encoding("binary", parquet::Encoding::DELTA_LENGTH_BYTE_ARRAY);
         to.encoding("large", parquet::Encoding::DELTA_BYTE_ARRAY);
       },
       false, true},
  };
}

void write_table(const std::string& path, const std::vector<NamedArray>& columns, const Layout& layout, Nulls nulls,
                 bool keep_arrow_schema = true) {
  Properties::Builder properties;
  layout.apply(properties);
  write_parquet(path, columns, kGroupRows, keep_arrow_schema, properties.build(), nulls != Nulls::kRequired);
}

std::unique_ptr<Source> must_open(const std::string& path, const SourceOptions& options = {}) {
  auto source = open_parquet(path, options);
  EXPECT_TRUE(source) << source.error().text();
  return source ? *std::move(source) : nullptr;
}

std::vector<ColumnRequest> every_column(const Source& source, bool as_label) {
  std::vector<ColumnRequest> requests;
  for (std::size_t i = 0; i < source.schema().size(); ++i) requests.push_back({i, as_label});
  return requests;
}

void expect_same_as_arrow(const std::string& path, std::vector<ColumnRequest> columns, std::int64_t batch_rows,
                          bool has_dictionaries = true) {
  const auto actual = read_all(*must_open(path), columns, batch_rows);
  ASSERT_TRUE(actual) << actual.error().text();
  for (ColumnRequest& request : columns) request.as_label = request.as_label && has_dictionaries;
  const auto expected = read_all_by_arrow(path, columns, batch_rows);
  ASSERT_TRUE(expected.ok()) << expected.status().ToString();
  std::int64_t rows = 0;
  for (const ColumnBatch& batch : *actual) rows += batch.rows;
  EXPECT_EQ(rows, kRows);
  expect_same_batches(*actual, *expected);
}

// ---- the same values

class ParquetColumns : public testing::TestWithParam<Nulls> {};

TEST_P(ParquetColumns, AreWhatArrowReads) {
  const TemporaryDirectory directory;
  const std::vector<NamedArray> columns = all_types(GetParam());
  for (const Layout& layout : layouts()) {
    SCOPED_TRACE(layout.name);
    const std::string path = directory.path(layout.name);
    write_table(path, columns, layout, GetParam());
    const std::vector<ColumnRequest> labels = every_column(*must_open(path), true);
    for (const std::int64_t batch_rows : {7, 149, 150, 151}) {
      expect_same_as_arrow(path, labels, batch_rows, !layout.has_differences);
    }
    expect_same_as_arrow(path, every_column(*must_open(path), false), 100);
  }
}

TEST_P(ParquetColumns, AreWhatArrowReadsOneByOne) {
  const TemporaryDirectory directory;
  for (const bool keep_arrow_schema : {false, true}) {
    const std::string path = directory.path(keep_arrow_schema ? "kept" : "lost");
    write_table(path, all_types(GetParam()), layouts()[1], GetParam(), keep_arrow_schema);
    for (const ColumnRequest& request : every_column(*must_open(path), true)) {
      SCOPED_TRACE(request.column);
      expect_same_as_arrow(path, {request}, 1);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, ParquetColumns,
                         testing::Values(Nulls::kRequired, Nulls::kNone, Nulls::kSome, Nulls::kRuns, Nulls::kAll));

TEST(ParquetColumnsText, OfArrowDictionariesIsCodesInEveryRole) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("f");
  arrow::StringDictionaryBuilder builder;
  const auto column = make_array(std::move(builder), texts(), valid_rows(Nulls::kSome));
  write_table(path, {{"d", column}}, layouts()[0], Nulls::kSome);
  EXPECT_EQ(must_open(path)->schema()[0].type.kind, ColumnKind::kDictionary);
  expect_same_as_arrow(path, {{0, true}}, 100);
  expect_same_as_arrow(path, {{0, false}}, 100);
}

TEST(ParquetColumnsText, HasOneDictionaryPerRowGroupThatOutlivesItsBatches) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("f");
  write_table(path, all_types(Nulls::kSome), layouts()[0], Nulls::kSome);
  auto source = must_open(path);
  const ColumnRequest text{14, true};
  auto reader = source->read(0, std::span(&text, 1), 40);
  ASSERT_TRUE(reader);
  std::shared_ptr<const ColumnView> first;
  for (int i = 0; i < 4; ++i) {
    const auto batch = (*reader)->next();
    ASSERT_TRUE(batch) << batch.error().text();
    ASSERT_TRUE(batch->has_value());
    if (first == nullptr) first = (*batch)->columns[0].dictionary;
    EXPECT_EQ((*batch)->columns[0].dictionary, first) << "the same object, so that nothing is looked up again";
  }
  const auto next_group = source->read(1, std::span(&text, 1), 100);
  ASSERT_TRUE(next_group);
  EXPECT_NE((*(*next_group)->next())->columns[0].dictionary, first);
  reader->reset();
  source.reset();
  EXPECT_FALSE(first->text(first->offset).empty() && first->text(1).empty());
}

// ---- which columns are decoded

TEST(ColumnDecoders, ServeFlatNumbersTimesAndDictionaryText) {
  const TemporaryDirectory directory;
  const auto pool = std::make_shared<BudgetedPool>(nullptr);
  for (const Layout& layout : layouts()) {
    SCOPED_TRACE(layout.name);
    const std::string path = directory.path("f");
    write_table(path, all_types(Nulls::kSome), layout, Nulls::kSome);
    const auto file = parquet::ParquetFileReader::OpenFile(path);
    const auto source = must_open(path);
    parquet::arrow::SchemaManifest manifest;
    const auto& metadata = *file->metadata();
    ASSERT_TRUE(parquet::arrow::SchemaManifest::Make(metadata.schema(), metadata.key_value_metadata(),
                                                     parquet::ArrowReaderProperties(), &manifest)
                    .ok());
    for (std::size_t i = 0; i < source->schema().size(); ++i) {
      const auto& [name, type] = source->schema()[i];
      const arrow::Type::type arrow_type = manifest.schema_fields[i].field->type()->id();
      const auto decodes = [&](bool as_label) {
        const DecodedColumn column{static_cast<int>(i), type, arrow_type, as_label};
        const auto decoder = make_column_decoder(*file->RowGroup(0), column, pool);
        EXPECT_TRUE(decoder.ok()) << decoder.status().ToString();
        return *decoder != nullptr;
      };
      const bool is_text = type.kind == ColumnKind::kUtf8;
      EXPECT_EQ(decodes(true), i < kDecodedTypes && (!is_text || layout.has_codes)) << name;
      EXPECT_EQ(decodes(false), i < kDecodedTypes && !is_text) << name;
    }
  }
}

// ---- memory

TEST(ParquetColumnsMemory, GoesBackOnceTheLastBatchIsGone) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("f");
  write_table(path, all_types(Nulls::kNone), layouts()[0], Nulls::kNone);
  MemoryBudget budget(1 << 30);
  PagePool pages;
  std::optional<ColumnBatch> batch;
  {
    const auto source = must_open(path, {.budget = &budget, .pages = &pages});
    auto reader = source->read(0, every_column(*source, true), 100);
    ASSERT_TRUE(reader);
    auto read = (*reader)->next();
    ASSERT_TRUE(read) << read.error().text();
    batch = *std::move(read);
  }
  EXPECT_GE(budget.used_bytes(), batch->bytes) << "a batch outlives its reader and its source";
  EXPECT_EQ(batch->columns[3].int64s()[0], std::numeric_limits<std::int64_t>::lowest());
  batch.reset();
  EXPECT_EQ(budget.used_bytes(), 0U);
}

TEST(ParquetColumnsMemory, OfLargeRowGroupsIsReadInWindows) {
  constexpr std::int64_t kManyRows = 2 << 20;  // 16 MiB of numbers that no dictionary or codec makes smaller
  const TemporaryDirectory directory;
  const std::string path = directory.path("f");
  std::mt19937_64 random(17);
  std::vector<std::int64_t> values(kManyRows);
  for (std::int64_t& value : values) value = static_cast<std::int64_t>(random());
  Properties::Builder properties;
  properties.disable_dictionary()->data_pagesize(1 << 16)->max_row_group_length(kManyRows);
  write_parquet(path, {{"v", make_array(arrow::Int64Builder(), values)}}, kManyRows, true, properties.build());
  MemoryBudget budget(1 << 30);
  const auto source = must_open(path, {.budget = &budget});
  const ColumnRequest request{0, false};
  auto reader = source->read(0, std::span(&request, 1), 1 << 16);
  ASSERT_TRUE(reader);
  std::size_t row = 0;
  while (true) {
    const auto batch = (*reader)->next();
    ASSERT_TRUE(batch) << batch.error().text();
    if (!*batch) break;
    ASSERT_TRUE(std::equal((*batch)->columns[0].int64s(), (*batch)->columns[0].int64s() + (*batch)->rows,
                           values.begin() + static_cast<std::ptrdiff_t>(row)));
    row += static_cast<std::size_t>((*batch)->rows);
  }
  EXPECT_EQ(row, values.size());
  EXPECT_LT(budget.peak_bytes(), 2U << 20);
}

/// A page of zeros takes thousands of times its stored bytes once decompressed.
TEST(ParquetColumnsMemory, BeyondTheLimitIsAnErrorNotDeath) {
  constexpr std::int64_t kZeros = 4 << 20;
  const TemporaryDirectory directory;
  const std::string path = directory.path("bomb");
  Properties::Builder properties;
  properties.disable_dictionary()->data_pagesize(1 << 30)->max_rows_per_page(kZeros)->max_row_group_length(kZeros);
  properties.compression(parquet::Compression::ZSTD);
  write_parquet(path,
                {{"v", make_array(arrow::Int64Builder(), std::vector<std::int64_t>(kZeros, 0))},
                 {"b", make_array(arrow::UInt64Builder(), std::vector<std::uint64_t>(kZeros, 0))}},
                kZeros, true, properties.build());
  ASSERT_LT(read_bytes(path).size(), 20'000U);
  for (const std::size_t column : {0U, 1U}) {  // decoded, and read by Arrow
    MemoryBudget budget(8 << 20);
    PagePool pages;
    for (PagePool* const used : {static_cast<PagePool*>(nullptr), &pages}) {
      const auto source = must_open(path, {.budget = &budget, .pages = used});
      const auto batches = read_all(*source, {{column, false}}, 1000);
      ASSERT_FALSE(batches);
      EXPECT_EQ(batches.error().code, ErrorCode::kLimit) << batches.error().text();
      EXPECT_NE(batches.error().message.find("more than the memory limit of 8388608 bytes"), std::string::npos)
          << batches.error().text();
      EXPECT_EQ(batches.error().where, path + ", row group 0, row 1");
      EXPECT_NE(batches.error().hint.find("--memory-limit"), std::string::npos);
    }
    EXPECT_EQ(budget.used_bytes(), 0U);
    EXPECT_LE(budget.peak_bytes(), 8U << 20);
  }
}

}  // namespace
}  // namespace promfill
