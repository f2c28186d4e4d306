// Goal: a rejected row can be read by people and by any JSON parser, whatever bytes it holds.
#include "mapping/reject_record.h"

#include <gtest/gtest.h>

#include <cmath>

#include "model/column_fixture.h"

namespace promfill {
namespace {

TEST(RejectRecord, WritesEveryKindAsJson) {
  const FixtureTable table({{"ts", ColumnKind::kTimestamp, {std::int64_t{-5}}},
                            {"text \"x\"", ColumnKind::kUtf8, {std::string("a\"b\\c\n\x01\x7F é")}},
                            {"code", ColumnKind::kDictionary, {std::string("bad \xFF\xC3( end")}},
                            {"on", ColumnKind::kBool, {true}},
                            {"n", ColumnKind::kInt64, {std::int64_t{9007199254740993}}},
                            {"x", ColumnKind::kDouble, {0.1}},
                            {"nan", ColumnKind::kDouble, {std::nan("")}},
                            {"inf", ColumnKind::kDouble, {-HUGE_VAL}},
                            {"none", ColumnKind::kInt64, {Cell()}}});
  CompleteMapping mapping;
  mapping.mapping.timestamp.column = "ts";
  mapping.mapping.labels.emplace();
  for (const std::string name : {"text \"x\"", "code", "on"}) mapping.mapping.labels->push_back({name, name, {}});
  mapping.mapping.metrics.emplace();
  for (const std::string name : {"n", "x", "nan", "inf", "none"}) mapping.mapping.metrics->emplace_back().column = name;
  const auto plan = Plan::compile(mapping, table.schema(), "f", {});
  ASSERT_TRUE(plan) << plan.error().text();
  const ColumnBatch batch = table.batch(plan->columns(), 0, 1, 5);
  EXPECT_EQ(record_json(*plan, batch, 0),
            "{\"ts\":-5,\"text \\\"x\\\"\":\"a\\\"b\\\\c\\u000a\\u0001\\u007f é\",\"code\":\"bad \uFFFD\uFFFD( "
            "end\",\"on\":true,"
            "\"n\":9007199254740993,\"x\":0.1,\"nan\":\"NaN\",\"inf\":\"-Inf\",\"none\":null}");
  EXPECT_EQ(value_text(batch.columns[2], 0), "bad \uFFFD\uFFFD( end");
  EXPECT_EQ(value_text(batch.columns[8], 0), "");
}

/// Texts of one byte less than are shown, just as many and one more; with a character of 1 to 4 bytes at that place.
TEST(RejectRecord, ShowsTheWholeCharactersThatFit) {
  const std::vector<std::string> characters{"x", "é", "…", "😀"};
  for (const std::string& character : characters) {
    for (std::size_t before = kShownTextBytesMax - 5; before <= kShownTextBytesMax; ++before) {
      const std::string text = std::string(before, 'a') + character;
      const FixtureTable table({{"a", ColumnKind::kUtf8, {text}}, {"b", ColumnKind::kDictionary, {text}}});
      const std::vector<ColumnRequest> requests{{0, true}, {1, true}};
      const ColumnBatch batch = table.batch(requests, 0, 1);
      const bool fits = text.size() <= kShownTextBytesMax;
      const std::string shown = fits ? text : std::string(before, 'a') + "…";
      EXPECT_EQ(value_text(batch.columns[0], 0), shown) << before << character;
      EXPECT_EQ(value_text(batch.columns[1], 0), shown) << before << character;
    }
  }
}

TEST(RejectRecord, CutsBytesThatAreNoCharactersAsWell) {
  const FixtureTable table({{"a", ColumnKind::kUtf8, {std::string(2 * kShownTextBytesMax, '\x80')}}});
  const std::vector<ColumnRequest> requests{{0, true}};
  const std::string shown = value_text(table.batch(requests, 0, 1).columns[0], 0);
  EXPECT_LE(shown.size(), 3 * kShownTextBytesMax + 3) << "each byte became U+FFFD";
  EXPECT_TRUE(shown.ends_with("\uFFFD…"));
}

}  // namespace
}  // namespace promfill
