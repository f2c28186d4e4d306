// Goal: objects of a JSON text are rows, one by one, whether they stand a line each, in an array or one after another.
#include "source/json.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "source/parquet_fixture.h"

namespace promfill {
namespace {

using Notes = std::vector<std::string>;

class Json : public testing::Test {
 protected:
  Notes rows_of(const std::string& text) {
    const std::string path = directory_.path("t.json");
    write_bytes(path, text);
    const auto source = open_json(path, {});
    EXPECT_TRUE(source) << source.error().text();
    if (!source) return {};
    auto notes = noted_rows(**source, 1000);
    EXPECT_TRUE(notes) << notes.error().text();
    if (!notes) return {};
    std::sort(notes->begin(), notes->end());
    return *notes;
  }

  TemporaryDirectory directory_;
};

TEST_F(Json, ObjectsAreRowsHoweverTheyStand) {
  const Notes expected{"1: a|1.500000|true", "2: null|-2.000000|null"};
  EXPECT_EQ(rows_of("{\"h\":\"a\",\"v\":1.5,\"up\":true}\n{\"v\":-2}\n"), expected);
  EXPECT_EQ(rows_of("{\"h\":\"a\",\"v\":1.5,\"up\":true}\n{\"v\":-2}"), expected) << "without an end of the last line";
  EXPECT_EQ(rows_of("[{\"h\": \"a\", \"v\": 1.5, \"up\": true},\n {\"v\": -2}]\n"), expected);
  EXPECT_EQ(rows_of("{\n \"h\": \"a\",\n \"v\": 1.5,\n \"up\": true\n}\n{\n\"v\":\n-2}"), expected);
  EXPECT_EQ(rows_of("{\"h\": \"a\",\n\"v\": 1.5, \"up\": true}{\"v\": -2}"), expected);
}

TEST_F(Json, LinesThatAreNoRowAreHandedOn) {
  const Notes notes = rows_of("{\"v\":1}\n{\"v\":\n\n[1]\n{\"v\":2,\"v\":3}\n{\"v\":4}\n");
  EXPECT_EQ(notes, (Notes{"1: 1", "2: invalid_json", "4: no_object", "5: duplicate_key", "6: 4"}));
}

TEST_F(Json, PartsHaveEachRowOnce) {
  std::string text;
  std::vector<std::string> expected;
  for (int i = 0; text.size() < (7U << 20); ++i) {
    text += "{\"n\":" + std::to_string(i) + ",\"s\":\"" + std::string(static_cast<std::size_t>(i % 70), 'y') + "\"}\n";
    expected.push_back(std::to_string(i + 1) + ": " + std::to_string(i) + "|" +
                       std::string(static_cast<std::size_t>(i % 70), 'y'));
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_TRUE(rows_of(text) == expected);
}

}  // namespace
}  // namespace promfill
