// Goal: equal labels are one entity and different ones are not, whatever types the columns have and however batches cut
// them.
#include "mapping/entity_codes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>

#include "model/column_fixture.h"
#include "store/sample_batch.h"

namespace promfill {
namespace {

/// Labels "l0", "l1", … from the columns of a table.
struct Labelled {
  explicit Labelled(std::vector<FixtureColumn> columns) : table(std::move(columns)) {
    for (std::size_t i = 0; i < table.columns().size(); ++i) {
      labels.push_back({"l" + std::to_string(i), table.columns()[i].name, i});
      requests.push_back({i, true});
    }
  }
  FixtureTable table;
  std::vector<PlannedLabel> labels;
  std::vector<ColumnRequest> requests;
};

std::string text_of(const EntityCodes::Entity& entity) {
  std::string text;
  for (const Label& label : decode_entity_key(entity.key)) text += label.name + "=" + label.value + ";";
  return text;
}

std::vector<std::string> entities_of_rows(EntityCodes& codes, const ColumnBatch& batch) {
  std::vector<std::uint32_t> rows(static_cast<std::size_t>(batch.rows));
  for (std::uint32_t row = 0; row < rows.size(); ++row) rows[row] = row;
  const auto numbers = codes.find_entities(batch, rows);
  EXPECT_TRUE(numbers) << numbers.error().text();
  std::vector<std::string> texts;
  for (const std::uint32_t number : *numbers) texts.push_back(text_of(codes.entity(number)));
  return texts;
}

std::vector<std::string> label_texts(ColumnKind kind, std::vector<Cell> cells) {
  Labelled labelled({{"c", kind, std::move(cells)}});
  EntityCodes codes(labelled.labels);
  return entities_of_rows(codes, labelled.table.batch(labelled.requests, 0, labelled.table.rows(), 2));
}

using Texts = std::vector<std::string>;

TEST(EntityCodes, WriteNumbersInTheirShortestForm) {
  EXPECT_EQ(
      label_texts(ColumnKind::kInt64, {std::int64_t{1004}, std::int64_t{-7}, std::numeric_limits<std::int64_t>::min()}),
      (Texts{"l0=1004;", "l0=-7;", "l0=-9223372036854775808;"}));
  EXPECT_EQ(label_texts(ColumnKind::kDouble, {0.5, 1004.0, 100000.0, -0.0, 0.1, 1e20, 1e21, 1e-6, 1e-7, HUGE_VAL,
                                              -HUGE_VAL, std::nan(""), -std::nan("7")}),
            (Texts{"l0=0.5;", "l0=1004;", "l0=100000;", "l0=-0;", "l0=0.1;", "l0=100000000000000000000;", "l0=1e+21;",
                   "l0=0.000001;", "l0=1e-07;", "l0=+Inf;", "l0=-Inf;", "l0=NaN;", "l0=NaN;"}));
  EXPECT_EQ(label_texts(ColumnKind::kBool, {true, false, Cell()}), (Texts{"l0=true;", "l0=false;", ""}));
}

TEST(EntityCodes, NullAndEmptyAreAbsent) {
  for (const ColumnKind kind : {ColumnKind::kUtf8, ColumnKind::kDictionary}) {
    EXPECT_EQ(label_texts(kind, {std::string("a"), std::string(), Cell(), std::string("a")}),
              (Texts{"l0=a;", "", "", "l0=a;"}));
  }
}

TEST(EntityCodes, AllRowsAreOneEntityWithoutLabels) {
  EntityCodes codes({});
  ColumnBatch batch;
  batch.rows = 100;
  EXPECT_EQ(codes.find_runs(batch).size(), 1U);
  EXPECT_EQ(entities_of_rows(codes, batch), Texts(100, ""));
  EXPECT_EQ(codes.size(), 1U);
}

TEST(EntityCodes, FindRunsAtEveryPosition) {
  for (std::size_t rows = 1; rows <= 40; ++rows) {
    for (std::size_t change = 0; change <= rows; ++change) {
      std::vector<Cell> cells;
      for (std::size_t row = 0; row < rows; ++row) cells.emplace_back(std::int64_t{row < change ? 1 : 2});
      Labelled labelled({{"c", ColumnKind::kInt64, cells}});
      EntityCodes codes(labelled.labels);
      const auto runs = codes.find_runs(labelled.table.batch(labelled.requests, 0, rows, 1));
      std::vector<std::uint32_t> expected{0};
      if (change > 0 && change < rows) expected.push_back(static_cast<std::uint32_t>(change));
      EXPECT_EQ(std::vector(runs.begin(), runs.end()), expected) << rows << " rows, change at " << change;
    }
  }
}

TEST(EntityCodes, FindNoRunInAnEmptyBatch) {
  Labelled labelled({{"c", ColumnKind::kInt64, {}}});
  EntityCodes codes(labelled.labels);
  EXPECT_TRUE(codes.find_runs(labelled.table.batch(labelled.requests, 0, 0)).empty());
}

TEST(EntityCodes, SeeInvalidUtf8) {
  Labelled labelled({{"a", ColumnKind::kUtf8, {std::string("x"), std::string("x")}},
                     {"b", ColumnKind::kDictionary, {std::string("good"), std::string("\xC3(")}}});
  EntityCodes codes(labelled.labels);
  const ColumnBatch batch = labelled.table.batch(labelled.requests, 0, 2);
  const std::vector<std::uint32_t> rows{0, 1};
  const auto numbers = codes.find_entities(batch, rows);
  ASSERT_TRUE(numbers) << numbers.error().text();
  EXPECT_EQ(codes.entity((*numbers)[0]).trouble, LabelTrouble::kNone);
  EXPECT_EQ(codes.entity((*numbers)[1]).trouble, LabelTrouble::kNotUtf8);
  EXPECT_EQ(codes.entity((*numbers)[1]).troubled_label, 1U);
  EXPECT_EQ(codes.label_value((*numbers)[1], 0), "x");
  EXPECT_EQ(codes.label_value((*numbers)[1], 1), "\xC3(");
}

/// Values of 9, 10 and 11 bytes, and the limit is 10; in the first, the second and the last of three labels.
TEST(EntityCodes, SeeValuesBeyondTheLimit) {
  for (const ColumnKind kind : {ColumnKind::kUtf8, ColumnKind::kDictionary, ColumnKind::kInt64}) {
    for (std::size_t label = 0; label < 3; ++label) {
      std::vector<FixtureColumn> columns;
      for (std::size_t c = 0; c < 3; ++c) {
        columns.push_back({std::string(1, static_cast<char>('a' + c)), kind, std::vector<Cell>(3)});
      }
      for (std::size_t row = 0; row < 3; ++row) {
        const std::string digits(9 + row, '1');
        columns[label].cells[row] = kind == ColumnKind::kInt64 ? Cell(std::int64_t{std::stoll(digits)}) : Cell(digits);
      }
      Labelled labelled(std::move(columns));
      EntityCodes codes(labelled.labels, {.value_bytes_max = 10});
      const std::vector<std::uint32_t> rows{0, 1, 2};
      const auto numbers = codes.find_entities(labelled.table.batch(labelled.requests, 0, 3), rows);
      ASSERT_TRUE(numbers) << numbers.error().text();
      EXPECT_TRUE(codes.is_valid((*numbers)[0]));
      EXPECT_TRUE(codes.is_valid((*numbers)[1]));
      const EntityCodes::Entity beyond = codes.entity((*numbers)[2]);
      EXPECT_EQ(beyond.trouble, LabelTrouble::kTooLong);
      EXPECT_EQ(beyond.troubled_label, label);
      EXPECT_EQ(beyond.key, "") << "no memory for what is rejected";
      EXPECT_EQ(codes.label_value((*numbers)[2], label), "11111111111");
    }
  }
}

TEST(EntityCodes, TellTheFirstTroubleOfSeveral) {
  Labelled labelled({{"a", ColumnKind::kUtf8, {std::string("long"), std::string("\xFF")}},
                     {"b", ColumnKind::kUtf8, {std::string("\xFF"), std::string("long")}}});
  EntityCodes codes(labelled.labels, {.value_bytes_max = 3});
  const std::vector<std::uint32_t> rows{0, 1};
  const auto numbers = codes.find_entities(labelled.table.batch(labelled.requests, 0, 2), rows);
  ASSERT_TRUE(numbers) << numbers.error().text();
  EXPECT_EQ(codes.entity((*numbers)[0]).trouble, LabelTrouble::kTooLong);
  EXPECT_EQ(codes.entity((*numbers)[1]).trouble, LabelTrouble::kNotUtf8);
  EXPECT_EQ(codes.entity((*numbers)[0]).troubled_label, 0U);
  EXPECT_EQ(codes.entity((*numbers)[1]).troubled_label, 0U);
}

TEST(EntityCodes, RefuseACodeThatHasNoValue) {
  for (const std::int32_t wild : {-1, 1, 1 << 30}) {
    Labelled labelled({{"a", ColumnKind::kDictionary, {std::string("x")}}});
    ColumnBatch batch = labelled.table.batch(labelled.requests, 0, 1);
    batch.columns[0].values = &wild;
    EntityCodes codes(labelled.labels);
    const std::vector<std::uint32_t> rows{0};
    const auto numbers = codes.find_entities(batch, rows);
    ASSERT_FALSE(numbers) << wild;
    EXPECT_EQ(numbers.error().code, ErrorCode::kCorrupt);
  }
}

/// Random tables of all label kinds, cut into batches: the entities of rows are what a map of their texts says.
TEST(EntityCodes, AgreeWithTextsRowByRow) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 150; ++round) {
    const std::size_t rows = 1 + random() % 200;
    const std::size_t columns = 1 + random() % 4;
    std::vector<FixtureColumn> fixture;
    for (std::size_t c = 0; c < columns; ++c) {
      const ColumnKind kind = std::vector{ColumnKind::kInt64, ColumnKind::kDouble, ColumnKind::kBool, ColumnKind::kUtf8,
                                          ColumnKind::kDictionary}[random() % 5];
      const std::uint64_t distinct = 1 + random() % 6;
      const std::uint64_t stickiness = 1 + random() % 20;
      FixtureColumn column{"c" + std::to_string(c), kind, {}};
      for (std::size_t row = 0; row < rows; ++row) {
        if (row > 0 && random() % stickiness != 0) {
          column.cells.push_back(column.cells.back());
          continue;
        }
        const auto value = static_cast<std::int64_t>(random() % distinct);
        if (random() % 8 == 0) {
          column.cells.emplace_back();
        } else if (kind == ColumnKind::kInt64) {
          column.cells.emplace_back(value);
        } else if (kind == ColumnKind::kDouble) {
          column.cells.emplace_back(static_cast<double>(value) / 4);
        } else if (kind == ColumnKind::kBool) {
          column.cells.emplace_back(value % 2 == 0);
        } else {
          column.cells.emplace_back(value == 0 ? std::string() : std::to_string(value));
        }
      }
      fixture.push_back(std::move(column));
    }
    Labelled labelled(std::move(fixture));
    EntityCodes codes(labelled.labels);
    std::map<std::string, std::uint32_t> numbers_by_text;
    for (std::size_t begin = 0; begin < rows;) {
      const std::size_t end = std::min(rows, begin + 1 + random() % 80);
      const ColumnBatch batch = labelled.table.batch(labelled.requests, begin, end, random() % 11);
      const auto starts = codes.find_runs(batch);
      const std::vector<std::uint32_t> run_starts(starts.begin(), starts.end());
      const Texts texts = entities_of_rows(codes, batch);
      for (std::size_t row = 1; row < texts.size(); ++row) {
        const bool starts_here = std::binary_search(run_starts.begin(), run_starts.end(), row);
        if (texts[row] != texts[row - 1]) {
          EXPECT_TRUE(starts_here);
        }
      }
      const auto numbers = codes.find_entities(batch, run_starts);
      ASSERT_TRUE(numbers) << numbers.error().text();
      for (std::size_t run = 0; run < run_starts.size(); ++run) {
        const std::string& text = texts[run_starts[run]];
        EXPECT_EQ(text_of(codes.entity((*numbers)[run])), text);
        EXPECT_EQ(numbers_by_text.emplace(text, (*numbers)[run]).first->second, (*numbers)[run]) << text;
      }
      begin = end;
    }
  }
}

TEST(CodeMap, KeepsTheCodeOfEachKey) {
  CodeMap map;
  std::mt19937_64 random(3);
  std::map<std::uint64_t, std::uint32_t> reference;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t key = random() % 2 == 0 ? random() % 5'000 : (random() % 3'000) << 50;
    const auto next = static_cast<std::uint32_t>(reference.size());
    const std::uint32_t expected = reference.emplace(key, next).first->second;
    std::uint32_t& code = map[key];
    ASSERT_EQ(code == CodeMap::kFree, expected == next && reference.size() > next) << "free exactly when it is new";
    if (code == CodeMap::kFree) code = next;
    ASSERT_EQ(code, expected);
  }
}

}  // namespace
}  // namespace promfill
