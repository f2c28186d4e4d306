// Goal: a typing mistake is met with the word that was meant, and a different word with no guess. Method: tables.
#include "model/nearest_name.h"

#include <gtest/gtest.h>

#include <array>

namespace promfill {
namespace {

constexpr std::array<std::string_view, 6> kColumns{"id", "timestamp", "cpu", "mem", "net_in", "net_out"};

TEST(NearestName, FindsTheWordThatWasMeant) {
  const std::array<std::pair<std::string_view, std::string_view>, 9> cases{{
      {"tiemstamp", "timestamp"},
      {"timestmap", "timestamp"},
      {"Timestamp", "timestamp"},
      {"TIMESTAMP", "timestamp"},
      {"timestamps", "timestamp"},
      {"net_ni", "net_in"},
      {"netout", "net_out"},
      {"CPU", "cpu"},
      {"mme", "mem"},
  }};
  for (const auto& [typed, meant] : cases) EXPECT_EQ(nearest_name(typed, kColumns), meant) << typed;
}

TEST(NearestName, IsSilentWhenNothingIsNear) {
  for (const std::string_view typed : {"disk", "", "x", "temperature", "a_much_longer_name_than_any_column"}) {
    EXPECT_EQ(nearest_name(typed, kColumns), std::nullopt) << typed;
  }
  EXPECT_EQ(nearest_name("cpu", {}), std::nullopt);
}

TEST(NearestName, PrefersFewerMistakesThenTheFirst) {
  constexpr std::array<std::string_view, 3> kNames{"hosts", "host", "ghost"};
  EXPECT_EQ(nearest_name("hosx", kNames), "host");
  EXPECT_EQ(nearest_name("ghosts", kNames), "hosts");
}

TEST(ListNames, AbbreviatesLongLists) {
  EXPECT_EQ(list_names({}, 3), "none");
  EXPECT_EQ(list_names(std::span(kColumns).first(1), 3), "id");
  EXPECT_EQ(list_names(std::span(kColumns).first(2), 3), "id and timestamp");
  EXPECT_EQ(list_names(std::span(kColumns).first(3), 3), "id, timestamp and cpu");
  EXPECT_EQ(list_names(kColumns, 3), "id, timestamp, cpu and 3 more");
}

SourceSchema schema_of(std::initializer_list<std::string> names) {
  SourceSchema schema;
  for (const std::string& name : names) schema.push_back({name, {}});
  return schema;
}

TEST(FindColumn, FindsByExactName) {
  const SourceSchema schema = schema_of({"a", "b", "B"});
  const auto found = find_column(schema, "f.parquet", "B", "label column", "");
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(*found, 2U);
}

TEST(FindColumn, NamesTheNearestColumnAndThePlace) {
  const SourceSchema schema = schema_of({"host", "cpu"});
  const auto found = find_column(schema, "f.parquet", "hots", "label column", "map.yaml:3:5");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kUsage);
  EXPECT_EQ(
      found.error().text(),
      "map.yaml:3:5: label column 'hots' does not exist in f.parquet; did you mean 'host'? the columns are host and "
      "cpu");
}

TEST(FindColumn, RefusesAColumnThatStandsTwice) {
  const SourceSchema schema = schema_of({"a", "b", "a"});
  const auto found = find_column(schema, "f.parquet", "a", "metric column", "");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message, "metric column 'a' stands 2 times in f.parquet");
  EXPECT_TRUE(find_column(schema, "f.parquet", "b", "metric column", ""));
}

}  // namespace
}  // namespace promfill
