// Goal: every row of every row group arrives, typed as its file says, and a bad file is one error that says where and
// what. Method: files by Arrow's writer, the real trace whose footers lie, and damage to every part of a small file.
#include "source/parquet.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <optional>

#include "resource/memory_budget.h"
#include "source/parquet_fixture.h"

namespace promfill {
namespace {

std::vector<NamedArray> small_table(std::int64_t rows) {
  std::vector<std::string> hosts;
  std::vector<std::int64_t> times;
  std::vector<double> loads;
  std::vector<bool> valid;
  for (std::int64_t row = 0; row < rows; ++row) {
    hosts.push_back("host" + std::to_string(row / 4));
    times.push_back(1000 + row);
    loads.push_back(static_cast<double>(row) / 2);
    valid.push_back(row % 3 != 2);
  }
  return {{"host", make_array(arrow::StringBuilder(), hosts)},
          {"ts", make_array(arrow::Int64Builder(), times)},
          {"load", make_array(arrow::DoubleBuilder(), loads, valid)}};
}

std::unique_ptr<Source> must_open(const std::string& path, const SourceOptions& options = {}) {
  auto source = open_parquet(path, options);
  EXPECT_TRUE(source) << source.error().text();
  return source ? *std::move(source) : nullptr;
}

TEST(Parquet, RowGroupsArePieces) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("f.parquet");
  write_parquet(path, small_table(25), 10);
  const auto source = must_open(path);
  EXPECT_EQ(source->name(), path);
  ASSERT_EQ(source->schema().size(), 3U);
  EXPECT_EQ(source->schema()[0].name, "host");
  EXPECT_EQ(source->schema()[0].type.kind, ColumnKind::kUtf8);
  EXPECT_EQ(source->schema()[0].type.source_type, "string");
  ASSERT_EQ(source->pieces().size(), 3U);
  EXPECT_EQ(source->pieces()[2].rows, 5);
  EXPECT_EQ(source->pieces()[2].first_row, 21);
  EXPECT_GT(source->pieces()[2].bytes, 0U);
  ASSERT_EQ(source->pieces()[1].ranges.size(), 1U);
  EXPECT_EQ(source->pieces()[1].ranges[0].column, 1U);
  EXPECT_EQ(source->pieces()[1].ranges[0].min, 1010);
  EXPECT_EQ(source->pieces()[1].ranges[0].max, 1019);
}

TEST(Parquet, ReadsOnlyTheColumnsAskedForInTheirOrder) {
  const TemporaryDirectory directory;
  write_parquet(directory.path("f"), small_table(25), 10);
  const auto source = must_open(directory.path("f"));
  const auto batches = read_all(*source, {{2, false}, {0, true}}, 4);
  ASSERT_TRUE(batches) << batches.error().text();
  std::int64_t row = 0;
  for (const ColumnBatch& batch : *batches) {
    EXPECT_LE(batch.rows, 4);
    EXPECT_EQ(batch.first_row, row + 1);
    EXPECT_GT(batch.bytes, 0U);
    ASSERT_EQ(batch.columns.size(), 2U);
    const ColumnView& load = batch.columns[0];
    const ColumnView& host = batch.columns[1];
    EXPECT_EQ(load.kind, ColumnKind::kDouble);
    ASSERT_EQ(host.kind, ColumnKind::kDictionary) << "labels are read as dictionaries";
    std::int64_t nulls = 0;
    for (std::int64_t i = 0; i < batch.rows; ++i, ++row) {
      EXPECT_EQ(load.valid(i), row % 3 != 2);
      if (load.valid(i)) {
        EXPECT_EQ(load.doubles()[i], static_cast<double>(row) / 2);
      } else {
        ++nulls;
      }
      EXPECT_EQ(host.dictionary->text(host.codes()[i]), "host" + std::to_string(row / 4));
    }
    EXPECT_EQ(load.null_count, nulls);
  }
  EXPECT_EQ(row, 25);
}

TEST(Parquet, OneColumnMayBeAskedForTwice) {
  const TemporaryDirectory directory;
  write_parquet(directory.path("f"), small_table(3), 10);
  const auto source = must_open(directory.path("f"));
  const auto batches = read_all(*source, {{1, false}, {2, false}, {1, false}}, 10);
  ASSERT_TRUE(batches) << batches.error().text();
  EXPECT_EQ(batches->at(0).columns[0].int64s()[2], 1002);
  EXPECT_EQ(batches->at(0).columns[2].int64s()[2], 1002);
}

/// A struct of one number and of a struct of a text and a list, where the second of four rows has no outer and the
/// third no inner struct.
std::shared_ptr<arrow::Array> nested_column() {
  const auto number = make_array(arrow::Int64Builder(), std::vector<std::int64_t>{1, 2, 3, 4});
  const auto text = make_array(arrow::StringBuilder(), std::vector<std::string>{"a", "b", "c", "d"});
  const auto list = *arrow::ListArray::FromArrays(
      *make_array(arrow::Int32Builder(), std::vector<std::int32_t>{0, 1, 2, 3, 4}), *number);
  const auto validity = [](std::uint8_t bits) {
    auto buffer = *arrow::AllocateBuffer(1);
    buffer->mutable_data()[0] = bits;
    return std::shared_ptr<arrow::Buffer>(std::move(buffer));
  };
  const auto inner =
      *arrow::StructArray::Make({text, list}, std::vector<std::string>{"text", "list"}, validity(0b1011));
  return *arrow::StructArray::Make({number, inner}, std::vector<std::string>{"number", "inner"}, validity(0b1101));
}

TEST(Parquet, MembersOfStructsAreColumnsByTheirPath) {
  const TemporaryDirectory directory;
  const auto flat = make_array(arrow::DoubleBuilder(), std::vector<double>{1, 2, 3, 4});
  write_parquet(directory.path("f"), {{"flat", flat}, {"s", nested_column()}, {"last", flat}}, 10);
  const auto source = must_open(directory.path("f"));
  const SourceSchema& schema = source->schema();
  std::vector<std::string> names;
  for (const ColumnField& field : schema) names.push_back(field.name);
  EXPECT_EQ(names, (std::vector<std::string>{"flat", "s.number", "s.inner.text", "s.inner.list", "last"}));
  EXPECT_EQ(schema[1].type.kind, ColumnKind::kInt64);
  EXPECT_EQ(schema[3].type.kind, ColumnKind::kList);

  for (const bool as_label : {false, true}) {
    const auto batches = read_all(*source, {{4, false}, {2, as_label}, {1, false}, {0, false}}, 3);
    ASSERT_TRUE(batches) << batches.error().text();
    std::string texts;
    std::string numbers;
    for (const ColumnBatch& batch : *batches) {
      const ColumnView& text = batch.columns[1];
      for (std::int64_t row = 0; row < batch.rows; ++row) {
        const bool is_code = text.kind == ColumnKind::kDictionary;
        texts += !text.valid(row) ? "-" : is_code ? text.dictionary->text(text.codes()[row]) : text.text(row);
        numbers += batch.columns[2].valid(row) ? std::to_string(batch.columns[2].int64s()[row]) : "-";
        EXPECT_EQ(batch.columns[0].doubles()[row], batch.columns[3].doubles()[row]);
      }
    }
    EXPECT_EQ(texts, "a--d");
    EXPECT_EQ(numbers, "1-34");
  }
}

TEST(Parquet, BatchesOutliveTheirReaderAndSource) {
  const TemporaryDirectory directory;
  write_parquet(directory.path("f"), small_table(10), 10);
  MemoryBudget budget(1 << 30);
  {
    Result<std::vector<ColumnBatch>> batches = std::vector<ColumnBatch>();
    {
      const auto source = must_open(directory.path("f"), {.budget = &budget});
      batches = read_all(*source, {{0, true}, {2, false}}, 10);
      ASSERT_TRUE(batches) << batches.error().text();
    }
    EXPECT_EQ(batches->at(0).columns[1].doubles()[9], 4.5);
    EXPECT_EQ(batches->at(0).columns[0].dictionary->text(0), "host0");
    EXPECT_GT(budget.used_bytes(), 0U) << "reading is charged";
  }
  EXPECT_EQ(budget.used_bytes(), 0U) << "and given back";
}

TEST(Parquet, AFileWithoutRowsHasNone) {
  const TemporaryDirectory directory;
  write_parquet(directory.path("f"), small_table(0), 10);
  const auto source = must_open(directory.path("f"));
  const auto batches = read_all(*source, {{1, false}}, 10);
  ASSERT_TRUE(batches) << batches.error().text();
  EXPECT_TRUE(batches->empty());
}

// ---- the real trace

TEST(ParquetTrace, RowGroupsAreTrueWhereFootersLie) {
  const std::vector<std::pair<std::string, std::int64_t>> files{
      {"1004", 62'668}, {"1005", 18'208}, {"1006", 60'070}, {"1007", 62'538}};
  std::int64_t all_rows = 0;
  for (const auto& [id, rows_expected] : files) {
    const auto source = must_open(std::string(PROMFILL_ROOT) + "/examples/alibaba/input/usage_" + id + ".parquet");
    ASSERT_NE(source, nullptr);
    const auto batches = read_all(*source, {{1, false}, {0, true}}, 4096);
    ASSERT_TRUE(batches) << batches.error().text();
    std::int64_t rows = 0;
    for (const ColumnBatch& batch : *batches) rows += batch.rows;
    std::int64_t announced = 0;
    for (const PieceInfo& piece : source->pieces()) announced += piece.rows;
    EXPECT_EQ(rows, rows_expected);
    EXPECT_EQ(rows, announced);
    all_rows += rows;
  }
  EXPECT_EQ(all_rows, 203'484);
}

TEST(ParquetTrace, TheSameColumnHasATypePerFile) {
  const std::string input = std::string(PROMFILL_ROOT) + "/examples/alibaba/input/";
  EXPECT_EQ(must_open(input + "usage_1004.parquet")->schema()[2].type.kind, ColumnKind::kDouble);
  EXPECT_EQ(must_open(input + "usage_1005.parquet")->schema()[2].type.kind, ColumnKind::kInt64);
}

TEST(ParquetTrace, StatisticsAreTheTimesThatAreRead) {
  const auto source = must_open(std::string(PROMFILL_ROOT) + "/examples/alibaba/input/usage_1006.parquet");
  const ColumnRequest time{1, false};
  for (std::size_t piece = 0; piece < source->pieces().size(); ++piece) {
    const auto& ranges = source->pieces()[piece].ranges;
    const auto range = std::find_if(ranges.begin(), ranges.end(), [](const ColumnRange& r) { return r.column == 1; });
    ASSERT_NE(range, ranges.end());
    const auto reader = source->read(piece, std::span(&time, 1), 1 << 20);
    ASSERT_TRUE(reader) << reader.error().text();
    const auto batch = (*reader)->next();
    ASSERT_TRUE(batch) << batch.error().text();
    const std::int64_t* times = (*batch)->columns[0].int64s();
    EXPECT_EQ(*std::min_element(times, times + (*batch)->rows), range->min);
    EXPECT_EQ(*std::max_element(times, times + (*batch)->rows), range->max);
  }
}

// ---- bad files

TEST(ParquetErrors, SayWhatIsWrongWithTheFile) {
  const TemporaryDirectory directory;
  write_parquet(directory.path("good"), small_table(25), 10);
  const std::string good = read_bytes(directory.path("good"));
  struct Case {
    std::string name;
    std::string bytes;
    std::string message;
  };
  const std::vector<Case> cases{
      {"empty", "", "the file is empty"},
      {"csv", "ts,cpu\n1,2\n", "not a Parquet file: it looks like text, maybe CSV"},
      {"json", "{\"ts\":1}\n", "not a Parquet file: it looks like JSON"},
      {"gzip", "\x1f\x8b\x08\x00 and more", "not a Parquet file: it looks like gzip data"},
      {"arrow", "ARROW1 and more", "not a Parquet file: it looks like an Arrow IPC file"},
      {"noise", "\x01\x02\x03\x04 and more", "not a Parquet file: it looks like something else"},
      {"short", "PAR1PAR1", "the Parquet footer is missing: the file was cut off or is still being written"},
      {"cut", good.substr(0, good.size() - 1),
       "the Parquet footer is missing: the file was cut off or is still being written"},
      {"half", good.substr(0, good.size() / 2),
       "the Parquet footer is missing: the file was cut off or is still being written"},
  };
  for (const Case& c : cases) {
    const std::string path = directory.path(c.name);
    write_bytes(path, c.bytes);
    const auto source = open_parquet(path);
    ASSERT_FALSE(source) << c.name;
    EXPECT_EQ(source.error().code, ErrorCode::kCorrupt) << c.name;
    EXPECT_EQ(source.error().message, c.message);
    EXPECT_EQ(source.error().where, path);
    EXPECT_FALSE(source.error().hint.empty());
  }
}

TEST(ParquetErrors, TellMissingFilesFromForbiddenOnes) {
  const TemporaryDirectory directory;
  const auto missing = open_parquet(directory.path("missing.parquet"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound) << missing.error().text();
  const auto is_directory = open_parquet(directory.path(""));
  ASSERT_FALSE(is_directory);
  EXPECT_EQ(is_directory.error().code, ErrorCode::kIo) << is_directory.error().text();
}

/// Rows of a file whose damage may have gone unnoticed, or nothing where it has. What is read is what Arrow reads.
std::optional<std::int64_t> rows_of_damaged(const std::string& path, std::int64_t batch_rows) {
  const auto source = open_parquet(path);
  if (!source) {
    EXPECT_NE(source.error().code, ErrorCode::kInternal) << source.error().text();
    return std::nullopt;
  }
  std::vector<ColumnRequest> columns;
  for (std::size_t i = 0; i < (*source)->schema().size(); ++i) {
    if ((*source)->schema()[i].type.kind != ColumnKind::kOther) columns.push_back({i, true});
  }
  std::int64_t announced = 0;
  for (const PieceInfo& piece : (*source)->pieces()) announced += piece.rows;
  if (columns.empty() || announced > 1'000)
    return std::nullopt;  // a footer that promises more is not worth reading here
  const auto batches = read_all(**source, columns, batch_rows);
  if (!batches) {
    EXPECT_TRUE(batches.error().where.starts_with(path + ", row group ")) << batches.error().text();
    return std::nullopt;
  }
  std::int64_t rows = 0;
  for (const ColumnBatch& batch : *batches) rows += batch.rows;
  EXPECT_EQ(rows, announced);
  const auto expected = read_all_by_arrow(path, columns, batch_rows);
  EXPECT_TRUE(expected.ok()) << expected.status().ToString();
  if (expected.ok()) expect_same_batches(*batches, *expected);
  return rows;
}

/// Every byte of a file changed in turn, and every length: an error or the rows that the metadata names, never a crash.
std::size_t noticed_damage(const std::string& good, const std::string& path, std::int64_t batch_rows) {
  for (std::size_t length = 0; length < good.size(); ++length) {
    write_bytes(path, good.substr(0, length));
    EXPECT_EQ(rows_of_damaged(path, batch_rows), std::nullopt) << length;
  }
  std::size_t noticed = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x41);
    write_bytes(path, bad);
    SCOPED_TRACE("byte " + std::to_string(at));
    if (!rows_of_damaged(path, batch_rows)) ++noticed;
  }
  return noticed;
}

TEST(ParquetErrors, DamageNeverCrashesNorLosesRows) {
  const TemporaryDirectory directory;
  auto properties = parquet::WriterProperties::Builder();
  properties.enable_page_checksum()->compression(parquet::Compression::SNAPPY);
  write_parquet(directory.path("good"), small_table(12), 5, false, properties.build());
  ASSERT_EQ(rows_of_damaged(directory.path("good"), 1000), 12);
  const std::string good = read_bytes(directory.path("good"));
  EXPECT_GT(noticed_damage(good, directory.path("bad"), 1000), good.size() / 3)
      << "pages have checksums, so damage to them is noticed";
}

TEST(ParquetErrors, DamageWithoutChecksumsNeverCrashesNorLosesRows) {
  const TemporaryDirectory directory;
  for (const auto version : {parquet::ParquetDataPageVersion::V1, parquet::ParquetDataPageVersion::V2}) {
    auto properties = parquet::WriterProperties::Builder();
    properties.data_page_version(version)->compression(parquet::Compression::UNCOMPRESSED);
    write_parquet(directory.path("good"), small_table(40), 25, false, properties.build());
    ASSERT_EQ(rows_of_damaged(directory.path("good"), 10), 40);
    EXPECT_GT(noticed_damage(read_bytes(directory.path("good")), directory.path("bad"), 10), 100U);
  }
}

/// Offsets of a text never fall and lie within its bytes; codes lie within their dictionary. What a batch points at is
/// touched to its last byte, for a sanitizer to see.
void expect_within_bounds(const ColumnBatch& batch) {
  const auto expect_texts = [](const ColumnView& texts, std::int64_t rows) {
    std::size_t bytes = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      const std::int32_t* const offsets = texts.offsets + texts.offset + row;
      ASSERT_GE(offsets[0], 0);
      ASSERT_LE(offsets[0], offsets[1]);
      for (const char c : texts.text(row)) bytes += static_cast<unsigned char>(c) != 0 ? 1 : 0;
    }
    EXPECT_LT(bytes, 1U << 16) << "the file is smaller";
  };
  for (const ColumnView& column : batch.columns) {
    if (column.kind == ColumnKind::kUtf8) expect_texts(column, batch.rows);
    if (column.kind != ColumnKind::kDictionary) continue;
    expect_texts(*column.dictionary, column.dictionary_rows);
    for (std::int64_t row = 0; row < batch.rows; ++row) {
      if (!column.valid(row)) continue;
      ASSERT_GE(column.codes()[row], 0);
      ASSERT_LT(column.codes()[row], column.dictionary_rows);
    }
  }
}

/// Each byte of a file of one text column is set to each of some values, for every way that texts are stored and read.
TEST(ParquetErrors, CodesAndOffsetsOutOfRangeAreErrors) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("bad");
  std::size_t wild_codes = 0;
  std::size_t errors = 0;
  for (const bool as_dictionary : {true, false}) {
    for (const bool as_label : {true, false}) {
      auto properties = parquet::WriterProperties::Builder();
      properties.compression(parquet::Compression::UNCOMPRESSED)->disable_statistics();
      if (!as_dictionary) properties.disable_dictionary();
      // Five entries take three bits, which can say 5, 6 and 7 as well.
      const auto texts =
          make_array(arrow::StringBuilder(), std::vector<std::string>{"a", "b", "c", "d", "e", "a", "c"});
      write_parquet(path, {{"id", texts}}, 7, false, properties.build(), false);
      const std::string good = read_bytes(path);
      for (std::size_t at = 0; at < good.size(); ++at) {
        for (const int value : {0x00, 0x07, 0x3F, 0x7F, 0xFF}) {
          std::string bad = good;
          bad[at] = static_cast<char>(value);
          write_bytes(path, bad);
          SCOPED_TRACE("byte " + std::to_string(at) + " is " + std::to_string(value));
          const auto source = open_parquet(path);
          if (!source || (*source)->schema().size() != 1 || (*source)->schema()[0].type.kind != ColumnKind::kUtf8 ||
              (*source)->pieces().size() != 1 || (*source)->pieces()[0].rows > 1000) {
            continue;
          }
          const auto batches = read_all(**source, {{0, as_label}}, 1000);
          if (!batches) {
            EXPECT_TRUE(batches.error().where.starts_with(path + ", row group 0")) << batches.error().text();
            wild_codes += batches.error().message.find("dictionary code") != std::string::npos ? 1 : 0;
            ++errors;
            continue;
          }
          for (const ColumnBatch& batch : *batches) expect_within_bounds(batch);
        }
      }
    }
  }
  EXPECT_GT(wild_codes, 0U) << "codes that no entry has were among the damage, and were told as such";
  EXPECT_GT(errors, 100U);
}

}  // namespace
}  // namespace promfill
