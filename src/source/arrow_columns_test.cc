// Goal: each Arrow type becomes the canonical layout that arrow_columns.h names, by way of a Parquet file and directly.
#include "source/arrow_columns.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cmath>

#include <arrow/compute/cast.h>
#include <arrow/json/from_string.h>
#include <arrow/util/decimal.h>
#include <arrow/util/io_util.h>

#include "source/parquet.h"
#include "source/parquet_fixture.h"

namespace promfill {
namespace {

Result<ColumnBatch> canonical(const std::shared_ptr<arrow::Array>& array) {
  const auto batch =
      arrow::RecordBatch::Make(arrow::schema({arrow::field("c", array->type())}), array->length(), {array});
  return canonical_columns(*batch, std::make_shared<BudgetedPool>(nullptr), "here");
}

ColumnBatch must(Result<ColumnBatch> batch) {
  EXPECT_TRUE(batch) << batch.error().text();
  return batch ? *std::move(batch) : ColumnBatch();
}

template <typename Builder, typename Value>
void expect_integers(std::vector<Value> values) {
  const auto array = make_array(Builder(), values);
  EXPECT_EQ(column_type(*array->type()).kind, ColumnKind::kInt64);
  const ColumnBatch batch = must(canonical(array));
  ASSERT_EQ(batch.columns[0].kind, ColumnKind::kInt64) << array->type()->ToString();
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(batch.columns[0].int64s()[i], static_cast<std::int64_t>(values[i])) << array->type()->ToString();
  }
}

TEST(ArrowColumns, WidenIntegers) {
  expect_integers<arrow::Int8Builder>(std::vector<std::int8_t>{-128, 0, 127});
  expect_integers<arrow::Int16Builder>(std::vector<std::int16_t>{-32768, 32767});
  expect_integers<arrow::Int32Builder>(std::vector<std::int32_t>{-2147483647, 2147483647});
  expect_integers<arrow::Int64Builder>(std::vector<std::int64_t>{std::numeric_limits<std::int64_t>::min(), 0});
  expect_integers<arrow::UInt8Builder>(std::vector<std::uint8_t>{0, 255});
  expect_integers<arrow::UInt16Builder>(std::vector<std::uint16_t>{65535});
  expect_integers<arrow::UInt32Builder>(std::vector<std::uint32_t>{4294967295});
}

TEST(ArrowColumns, LargeUnsignedIntegersStayWhatTheyAre) {
  const auto array = make_array(arrow::UInt64Builder(), std::vector<std::uint64_t>{0, 18446744073709551615ULL});
  EXPECT_EQ(column_type(*array->type()).kind, ColumnKind::kUint64);
  const ColumnBatch batch = must(canonical(array));
  ASSERT_EQ(batch.columns[0].kind, ColumnKind::kUint64);
  EXPECT_EQ(batch.columns[0].uint64s()[0], 0U);
  EXPECT_EQ(batch.columns[0].uint64s()[1], 18446744073709551615ULL);
}

TEST(ArrowColumns, WidenHalves) {
  const auto doubles = make_array(arrow::DoubleBuilder(), std::vector<double>{1.5, -0.0, 65504}, {true, true, true});
  const ColumnBatch batch = must(canonical(*arrow::compute::Cast(*doubles, arrow::float16())));
  ASSERT_EQ(batch.columns[0].kind, ColumnKind::kDouble);
  EXPECT_EQ(batch.columns[0].doubles()[0], 1.5);
  EXPECT_TRUE(std::signbit(batch.columns[0].doubles()[1]));
  EXPECT_EQ(batch.columns[0].doubles()[2], 65504);
}

TEST(ArrowColumns, TimesOfDayAndLengthsOfTimeKeepTheirSteps) {
  const auto expect = [](const std::shared_ptr<arrow::Array>& array, TimeUnit unit, std::int64_t steps) {
    SCOPED_TRACE(array->type()->ToString());
    EXPECT_EQ(column_type(*array->type()).kind, ColumnKind::kDuration);
    EXPECT_EQ(column_type(*array->type()).unit, unit);
    const ColumnBatch batch = must(canonical(array));
    ASSERT_EQ(batch.columns[0].kind, ColumnKind::kDuration);
    EXPECT_EQ(batch.columns[0].unit, unit);
    EXPECT_EQ(batch.columns[0].int64s()[0], steps);
  };
  const auto pool = arrow::default_memory_pool();
  using Unit = arrow::TimeUnit;
  expect(make_array(arrow::Time32Builder(arrow::time32(Unit::SECOND), pool), std::vector<std::int32_t>{3723}),
         TimeUnit::kMicroseconds, 3'723'000'000);
  expect(make_array(arrow::Time32Builder(arrow::time32(Unit::MILLI), pool), std::vector<std::int32_t>{3'723'004}),
         TimeUnit::kMicroseconds, 3'723'004'000);
  expect(make_array(arrow::Time64Builder(arrow::time64(Unit::NANO), pool), std::vector<std::int64_t>{5}),
         TimeUnit::kNanoseconds, 5);
  expect(make_array(arrow::DurationBuilder(arrow::duration(Unit::SECOND), pool), std::vector<std::int64_t>{-7}),
         TimeUnit::kSeconds, -7);
}

TEST(ArrowColumns, WidenFloatsAndDecimals) {
  const ColumnBatch floats =
      must(canonical(make_array(arrow::FloatBuilder(), std::vector<float>{0.1F, -0.0F, HUGE_VALF})));
  EXPECT_EQ(floats.columns[0].doubles()[0], static_cast<double>(0.1F));
  EXPECT_TRUE(std::signbit(floats.columns[0].doubles()[1]));
  EXPECT_EQ(floats.columns[0].doubles()[2], HUGE_VAL);
  const auto type = arrow::decimal128(20, 3);
  const auto decimals = make_array(arrow::Decimal128Builder(type),
                                   std::vector<arrow::Decimal128>{arrow::Decimal128(12345), arrow::Decimal128(-1)});
  EXPECT_EQ(column_type(*type).kind, ColumnKind::kDouble);
  const ColumnBatch batch = must(canonical(decimals));
  EXPECT_EQ(batch.columns[0].doubles()[0], 12.345);
  EXPECT_EQ(batch.columns[0].doubles()[1], -0.001);
}

TEST(ArrowColumns, AColumnOfNullsIsAllNull) {
  const ColumnBatch batch = must(canonical(std::make_shared<arrow::NullArray>(3)));
  ASSERT_EQ(batch.columns[0].kind, ColumnKind::kDouble);
  EXPECT_EQ(batch.columns[0].null_count, 3);
  EXPECT_FALSE(batch.columns[0].valid(2));
}

TEST(ArrowColumns, EveryTextIsUtf8AsItsBytesAre) {
  const std::vector<std::string> texts{"a", "", "\xFF\xFE", "é"};
  const std::vector<bool> valid{true, true, true, false};
  const std::vector<std::shared_ptr<arrow::Array>> arrays{
      make_array(arrow::StringBuilder(), texts, valid), make_array(arrow::LargeStringBuilder(), texts, valid),
      make_array(arrow::StringViewBuilder(), texts, valid), make_array(arrow::BinaryBuilder(), texts, valid),
      make_array(arrow::LargeBinaryBuilder(), texts, valid)};
  for (const auto& array : arrays) {
    SCOPED_TRACE(array->type()->ToString());
    EXPECT_EQ(column_type(*array->type()).kind, ColumnKind::kUtf8);
    const ColumnBatch batch = must(canonical(array));
    ASSERT_EQ(batch.columns[0].kind, ColumnKind::kUtf8);
    EXPECT_EQ(batch.columns[0].text(0), "a");
    EXPECT_EQ(batch.columns[0].text(1), "");
    EXPECT_EQ(batch.columns[0].text(2), "\xFF\xFE") << "judged later, row by row";
    EXPECT_FALSE(batch.columns[0].valid(3));
    EXPECT_EQ(batch.columns[0].null_count, 1);
  }
}

std::shared_ptr<arrow::Array> cast_to(const std::shared_ptr<arrow::Array>& array,
                                      const std::shared_ptr<arrow::DataType>& type) {
  return *arrow::compute::Cast(*array, type);
}

TEST(ArrowColumns, DictionariesOfTextHaveInt32Codes) {
  const auto codes =
      make_array(arrow::Int32Builder(), std::vector<std::int32_t>{0, 1, 0, 2}, {true, true, false, true});
  const auto entries = make_array(arrow::StringBuilder(), std::vector<std::string>{"x", "y", "z"});
  for (const auto& code_type : {arrow::int8(), arrow::uint16(), arrow::int32(), arrow::int64()}) {
    for (const auto& text_type : {arrow::utf8(), arrow::large_utf8()}) {
      const auto type = arrow::dictionary(code_type, text_type);
      SCOPED_TRACE(type->ToString());
      EXPECT_EQ(column_type(*type).kind, ColumnKind::kDictionary);
      const auto array =
          *arrow::DictionaryArray::FromArrays(type, cast_to(codes, code_type), cast_to(entries, text_type));
      const ColumnBatch batch = must(canonical(array));
      const ColumnView& view = batch.columns[0];
      ASSERT_EQ(view.kind, ColumnKind::kDictionary);
      EXPECT_EQ(view.dictionary_rows, 3);
      EXPECT_EQ(view.null_count, 1);
      EXPECT_EQ(view.dictionary->text(view.codes()[0]), "x");
      EXPECT_FALSE(view.valid(2));
      EXPECT_EQ(view.dictionary->text(view.codes()[3]), "z");
    }
  }
}

TEST(ArrowColumns, DictionariesOfNumbersAreTheirNumbers) {
  const auto codes = make_array(arrow::Int32Builder(), std::vector<std::int32_t>{1, 0, 1});
  const auto entries = make_array(arrow::Int32Builder(), std::vector<std::int32_t>{10, 20});
  const auto array =
      *arrow::DictionaryArray::FromArrays(arrow::dictionary(arrow::int32(), arrow::int32()), codes, entries);
  EXPECT_EQ(column_type(*array->type()).kind, ColumnKind::kInt64);
  const ColumnBatch batch = must(canonical(array));
  EXPECT_EQ(batch.columns[0].int64s()[0], 20);
  EXPECT_EQ(batch.columns[0].int64s()[1], 10);
}

TEST(ArrowColumns, TimestampsKeepUnitAndZone) {
  const auto type = arrow::timestamp(arrow::TimeUnit::NANO, "UTC");
  EXPECT_TRUE(column_type(*type).zoned);
  EXPECT_FALSE(column_type(*arrow::timestamp(arrow::TimeUnit::NANO)).zoned);
  EXPECT_EQ(column_type(*type).unit, TimeUnit::kNanoseconds);
  const ColumnBatch batch = must(canonical(
      make_array(arrow::TimestampBuilder(type, arrow::default_memory_pool()), std::vector<std::int64_t>{-5})));
  EXPECT_EQ(batch.columns[0].unit, TimeUnit::kNanoseconds);
  EXPECT_EQ(batch.columns[0].int64s()[0], -5);
  const ColumnBatch days = must(canonical(make_array(arrow::Date32Builder(), std::vector<std::int32_t>{-1, 1})));
  EXPECT_EQ(days.columns[0].kind, ColumnKind::kTimestamp);
  EXPECT_EQ(days.columns[0].unit, TimeUnit::kMilliseconds);
  EXPECT_EQ(days.columns[0].int64s()[0], -86'400'000);
}

TEST(ArrowColumns, SlicesKeepTheirPlace) {
  const auto array =
      make_array(arrow::DoubleBuilder(), std::vector<double>{1, 2, 3, 4}, {true, true, false, true})->Slice(1, 3);
  const ColumnBatch batch = must(canonical(array));
  EXPECT_EQ(batch.columns[0].doubles()[0], 2);
  EXPECT_FALSE(batch.columns[0].valid(1));
  EXPECT_EQ(batch.columns[0].null_count, 1);
  const auto bools = make_array(arrow::BooleanBuilder(), std::vector<bool>{true, false, true})->Slice(2, 1);
  EXPECT_TRUE(must(canonical(bools)).columns[0].boolean(0));
}

std::shared_ptr<arrow::Array> from_json(const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

/// "1 2|null|3", pairs as "1:2".
std::string lists_text(const ColumnView& view, std::int64_t rows) {
  const auto number = [](const ColumnView& of, std::int32_t at) -> std::string {
    if (!of.valid(at)) return "null";
    if (of.kind == ColumnKind::kUtf8) return std::string(of.text(at));
    return of.kind == ColumnKind::kDouble ? std::to_string(of.doubles()[at]).substr(0, 3)
                                          : std::to_string(of.int64s()[at]);
  };
  std::string text;
  for (std::int64_t row = 0; row < rows; ++row) {
    if (row > 0) text += '|';
    if (!view.valid(row)) {
      text += "null";
      continue;
    }
    const auto [begin, end] = view.elements(row);
    for (std::int32_t i = begin; i < end; ++i) {
      text += (i > begin ? " " : "") + number(*view.items, i);
      if (view.seconds != nullptr) text += ":" + number(*view.seconds, i);
    }
  }
  return text;
}

TEST(ArrowColumns, ListsAndMapsAreViewedWithTheirElements) {
  using arrow::field;
  const auto spans = arrow::struct_({field("offset", arrow::int32()), field("length", arrow::uint32())});
  const auto turned = arrow::struct_({field("length", arrow::uint32()), field("offset", arrow::int32())});
  const struct {
    std::shared_ptr<arrow::DataType> type;
    std::string json;
    std::string expected;
  } cases[] = {
      {arrow::list(arrow::int64()), "[[7], [1, 2], null, [], [3, null]]", "1 2|null||3 null"},
      {arrow::list(arrow::float32()), "[[], [0.5], [1.5, 2]]", "0.5|1.5 2.0"},
      {arrow::large_list(arrow::uint8()), "[[], [255]]", "255"},
      {arrow::fixed_size_list(arrow::int32(), 2), "[[5, 6], [1, 2], null]", "1 2|null"},
      {arrow::map(arrow::int16(), arrow::float64()), "[[], [[1, 0.5], [-2, 3]]]", "1:0.5 -2:3.0"},
      {arrow::map(arrow::utf8(), arrow::int64()), R"([[], [["0.1", 3], ["+Inf", 4]]])", "0.1:3 +Inf:4"},
      {arrow::list(spans), R"([[], [{"offset": -3, "length": 2}]])", "-3:2"},
      {arrow::list(turned), R"([[], [{"offset": -3, "length": 2}]])", "-3:2"},
  };
  const TemporaryDirectory directory;
  for (const auto& [type, json, expected] : cases) {
    SCOPED_TRACE(type->ToString());
    const auto whole = from_json(type, json);
    const auto array = whole->Slice(1);
    const ColumnBatch batch = must(canonical(array));
    ASSERT_EQ(batch.columns.size(), 1U);
    EXPECT_EQ(batch.columns[0].kind, column_type(*type).kind);
    EXPECT_EQ(lists_text(batch.columns[0], batch.rows), expected);

    write_parquet(directory.path("f"), {{"c", whole}, {"s", whole}}, 100, true);
    const auto source = open_parquet(directory.path("f"));
    ASSERT_TRUE(source) << source.error().text();
    const auto batches = read_all(**source, {{1, false}, {0, false}}, 100);
    ASSERT_TRUE(batches) << batches.error().text();
    const ColumnBatch& read = batches->at(0);
    const std::string text = lists_text(read.columns[0], read.rows);
    EXPECT_EQ(text.substr(text.find('|') + 1), expected);
  }
}

TEST(ArrowColumns, LeaveOtherTypesUnread) {
  for (const auto& type :
       {arrow::list(arrow::utf8()), arrow::map(arrow::utf8(), arrow::utf8()),
        arrow::list(arrow::struct_({arrow::field("a", arrow::int32())})),
        arrow::struct_({arrow::field("a", arrow::int32())}), arrow::month_interval(), arrow::fixed_size_binary(4)}) {
    EXPECT_EQ(column_type(*type).kind, ColumnKind::kOther) << type->ToString();
    EXPECT_EQ(column_type(*type).source_type, type->ToString());
  }
}

TEST(ArrowColumns, TypesSurviveParquet) {
  const TemporaryDirectory directory;
  for (const bool keep_arrow_schema : {true, false}) {
    write_parquet(directory.path("f"),
                  {{"u8", make_array(arrow::UInt8Builder(), std::vector<std::uint8_t>{1, 255})},
                   {"f", make_array(arrow::FloatBuilder(), std::vector<float>{0.5F, 1})},
                   {"day", make_array(arrow::Date32Builder(), std::vector<std::int32_t>{1, 2})},
                   {"at", make_array(arrow::TimestampBuilder(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                                                             arrow::default_memory_pool()),
                                     std::vector<std::int64_t>{7, 8})},
                   {"large", make_array(arrow::LargeStringBuilder(), std::vector<std::string>{"x", "y"})},
                   {"raw", make_array(arrow::BinaryBuilder(), std::vector<std::string>{"p", "q"})}},
                  10, keep_arrow_schema);
    const auto source = open_parquet(directory.path("f"));
    ASSERT_TRUE(source) << source.error().text();
    const auto batches = read_all(**source, {{0, false}, {1, false}, {2, false}, {3, false}, {4, true}, {5, true}}, 10);
    ASSERT_TRUE(batches) << batches.error().text();
    const ColumnBatch& batch = batches->at(0);
    EXPECT_EQ(batch.columns[0].int64s()[1], 255);
    EXPECT_EQ(batch.columns[1].doubles()[0], 0.5);
    EXPECT_EQ(batch.columns[2].int64s()[1], 2 * 86'400'000);
    EXPECT_EQ(batch.columns[3].int64s()[1], 8);
    EXPECT_EQ(batch.columns[3].unit, TimeUnit::kMicroseconds);
    for (const std::size_t text : {4U, 5U}) {
      const ColumnView& view = batch.columns[text];
      const std::string_view value =
          view.kind == ColumnKind::kDictionary ? view.dictionary->text(view.codes()[1]) : view.text(1);
      EXPECT_EQ(value, text == 4 ? "y" : "q");
    }
    for (const ColumnRange& range : (*source)->pieces()[0].ranges) {
      EXPECT_TRUE(range.column == 3) << "unsigned numbers and dates have no usable statistics";
    }
  }
}

TEST(ArrowErrors, KeepWhatTheSystemSaid) {
  const auto failed = [](int code) {
    return arrow_error(arrow::internal::IOErrorFromErrno(code, "it failed"), "read", "f");
  };
  EXPECT_EQ(failed(ENOENT).code, ErrorCode::kNotFound);
  EXPECT_EQ(failed(EACCES).code, ErrorCode::kPermission);
  EXPECT_EQ(failed(EIO).code, ErrorCode::kIo);
  EXPECT_EQ(arrow_error(arrow::Status::IOError("bad thrift"), "read", "f").code, ErrorCode::kCorrupt);
  EXPECT_EQ(arrow_error(arrow::Status::NotImplemented("codec"), "read", "f").code, ErrorCode::kUsage);
  EXPECT_EQ(arrow_error(arrow::Status::OutOfMemory("malloc"), "read", "f").code, ErrorCode::kLimit);
  EXPECT_EQ(arrow_error(arrow::Status::Invalid("x"), "read", "f").text(),
            "f: read: x; the file is damaged or incomplete: get it again");
}

}  // namespace
}  // namespace promfill
