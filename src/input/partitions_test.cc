// Goal: directories named KEY=VALUE are columns of the files below, as Hive and Spark mean them.
#include "input/partitions.h"

#include <gtest/gtest.h>

#include "source/parquet.h"
#include "source/parquet_fixture.h"

namespace promfill {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs pairs_of(std::string_view path) {
  Pairs pairs;
  for (const Partition& partition : partitions_of(path)) {
    pairs.emplace_back(partition.column, partition.value.value_or("(null)"));
  }
  return pairs;
}

TEST(Partitions, AreDirectoriesWithAnEqualsSign) {
  EXPECT_EQ(pairs_of("data/host=a/year=2020/x=1.parquet"), (Pairs{{"host", "a"}, {"year", "2020"}}));
  EXPECT_EQ(pairs_of("/a=b=c/x.csv"), (Pairs{{"a", "b=c"}}));
  EXPECT_EQ(pairs_of("s3://bucket/host=a/x.parquet"), (Pairs{{"host", "a"}}));
  EXPECT_TRUE(pairs_of("x.parquet").empty());
  EXPECT_TRUE(pairs_of("=a/x.parquet").empty()) << "nothing has that name";
}

TEST(Partitions, SpellBytesAndNull) {
  EXPECT_EQ(pairs_of("at=2020-01-01 12%3A00/x"), (Pairs{{"at", "2020-01-01 12:00"}}));
  EXPECT_EQ(pairs_of("p=100%/x"), (Pairs{{"p", "100%"}})) << "no two digits follow";
  EXPECT_EQ(pairs_of("host=__HIVE_DEFAULT_PARTITION__/x"), (Pairs{{"host", "(null)"}}));
}

TEST(Partitions, AreTheSameTextInEachRow) {
  TemporaryDirectory directory;
  const std::string path = directory.path("t.parquet");
  write_parquet(path, {{"v", make_array(arrow::Int64Builder(), std::vector<std::int64_t>{1, 2, 3})}}, 2);
  auto file = open_parquet(path, {});
  ASSERT_TRUE(file) << file.error().text();
  const auto source = with_partitions(*std::move(file), {{"host", "a"}, {"v", "9"}, {"dc", std::nullopt}});
  ASSERT_EQ(source->schema().size(), 3U) << "the file's own v wins";
  EXPECT_EQ(source->schema()[1].name, "host");
  const std::vector<ColumnRequest> columns{{1, true}, {0, false}, {2, true}};
  const auto batches = read_all(*source, columns, 10);
  ASSERT_TRUE(batches) << batches.error().text();
  std::int64_t row = 0;
  for (const ColumnBatch& batch : *batches) {
    ASSERT_EQ(batch.columns.size(), 3U);
    for (std::int64_t i = 0; i < batch.rows; ++i) {
      const ColumnView& host = batch.columns[0];
      ASSERT_EQ(host.kind, ColumnKind::kDictionary);
      EXPECT_EQ(host.dictionary->text(static_cast<const std::int32_t*>(host.values)[i]), "a");
      EXPECT_EQ(batch.columns[1].int64s()[i], ++row);
      EXPECT_FALSE(batch.columns[2].valid(i));
    }
  }
  EXPECT_EQ(row, 3);
}

}  // namespace
}  // namespace promfill
