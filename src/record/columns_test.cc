// Columns in place of structs: whatever kind they are of, and whether they are lent or copied, their samples are those
// of the same rows as structs; what can't be read is an error with the column's name.
#include "promfill/columns.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "promfill/backfill.h"
#include "record/job_fixture.h"

namespace promfill {
namespace {

using ColumnsTest = RecordJobFixture;

ColumnSchema usage_schema() {
  ColumnSchema schema("usage");
  schema.timestamp("at").label("host", "instance").field("cpu", "metric_type:gauge").field("note", "-");
  return schema;
}

/// Hosts a, a, b, b; times rise in each.
struct UsageColumns {
  std::vector<std::int64_t> at{kStart, kStart + 10, kStart, kStart + 10};
  std::vector<std::string> host{"a", "a", "b", "b"};
  std::vector<double> cpu{1, 2, 3, 4};
  [[nodiscard]] ColumnTable table() const {
    ColumnTable made;
    made.add("at", at).add("host", host).add("cpu", cpu);
    return made;
  }
};

const Series kUsageSeries{{R"(cpu{instance="a"})", {{kStart * 1000, 1}, {kStart * 1000 + 10'000, 2}}},
                          {R"(cpu{instance="b"})", {{kStart * 1000, 3}, {kStart * 1000 + 10'000, 4}}}};

TEST_F(ColumnsTest, LentAndAppendedTablesGiveTheSameSeries) {
  const UsageColumns columns;
  const std::vector<ColumnTable> tables{columns.table()};
  auto lent = Backfill<ColumnTable>::create(usage_schema(), options());
  ASSERT_TRUE(lent) << lent.error().text();
  ASSERT_TRUE(lent->run(tables));
  EXPECT_EQ(series(), kUsageSeries);
  auto appended = Backfill<ColumnTable>::create(usage_schema(), options("appended"));
  ASSERT_TRUE(appended);
  {
    const UsageColumns gone;  // before the job's end
    ASSERT_TRUE(appended->append(gone.table()));
  }
  ASSERT_TRUE(appended->finish());
  EXPECT_EQ(series("appended"), kUsageSeries);
}

TEST_F(ColumnsTest, ChannelKeepsTheOwnerUntilTheRowsAreRead) {
  auto columns = std::make_shared<UsageColumns>();
  const std::weak_ptr<UsageColumns> watch = columns;
  Channel<ColumnTable> tables(1);
  ColumnTable table = columns->table();
  table.keep(std::move(columns));
  ASSERT_TRUE(tables.send(std::move(table)));
  tables.close();
  auto job = Backfill<ColumnTable>::create(usage_schema(), options());
  ASSERT_TRUE(job);
  ASSERT_TRUE(job->run(tables));
  EXPECT_TRUE(watch.expired());
  EXPECT_EQ(series(), kUsageSeries);
}

TEST_F(ColumnsTest, EveryKindIsReadAsWhatItIs) {
  ColumnSchema schema("kinds");
  schema.timestamp("at", TimeUnit::milliseconds).label("code").label("text").label("number");
  const std::array<double, 3> at{kStart * 1000.0, kStart * 1000.0 + 1, kStart * 1000.0 + 2};
  const std::array<std::uint32_t, 3> codes{1, 0, 9};
  const std::array<std::string_view, 2> texts{"zero", "one"};
  const std::array<std::string_view, 3> plain{"t", "t", ""};
  const std::array<float, 3> number{0.5F, 0.5F, 2};
  const std::uint8_t first_two = 0b011;
  ColumnTable table;
  table.add("at", at).add("code", CodedTexts{codes, texts}, &first_two).add("text", plain).add("number", number);
  const auto add_metric = [&]<typename Value>(const std::string& name, const std::array<Value, 3>& values) {
    schema.field(name, "metric_type:gauge");
    table.add(name, values);
  };
  const std::array<float, 3> f{1, 2, 3};
  const std::array<std::int64_t, 3> i64{-1, 2, (std::int64_t{1} << 53) + 1};
  const std::array<std::int32_t, 3> i32{-1, 2, 3};
  const std::array<std::int16_t, 3> i16{-1, 2, 3};
  const std::array<std::int8_t, 3> i8{-1, 2, 3};
  const std::array<std::uint64_t, 3> u64{1, 2, 3};
  const std::array<std::uint32_t, 3> u32{1, 2, 3};
  const std::array<std::uint16_t, 3> u16{1, 2, 3};
  const std::array<std::uint8_t, 3> u8{1, 2, 3};
  const std::array<bool, 3> b{true, false, true};
  add_metric("f", f);
  add_metric("i64", i64);
  add_metric("i32", i32);
  add_metric("i16", i16);
  add_metric("i8", i8);
  add_metric("u64", u64);
  add_metric("u32", u32);
  add_metric("u16", u16);
  add_metric("u8", u8);
  add_metric("b", b);
  auto job = Backfill<ColumnTable>::create(schema, options());
  ASSERT_TRUE(job) << job.error().text();
  ASSERT_TRUE(job->append(table));
  const auto report = job->finish();
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->ledger.written, 30U);
  EXPECT_EQ(report->ledger.values_rounded, 1U);
  const Series all = series();
  EXPECT_EQ(all.at(R"(i8{code="one",number="0.5",text="t"})").at(kStart * 1000), -1);
  EXPECT_EQ(all.at(R"(b{code="zero",number="0.5",text="t"})").at(kStart * 1000 + 1), 0);
  EXPECT_EQ(all.at(R"(u64{number="2"})").at(kStart * 1000 + 2), 3);
}

TEST_F(ColumnsTest, NullsAreCountedWhetherLentOrCopied) {
  std::vector<std::int64_t> at;
  std::vector<std::string> host;
  std::vector<double> cpu;
  std::vector<std::uint8_t> validity(128);
  std::uint64_t nulls = 0;
  for (std::size_t i = 0; i < 1000; ++i) {
    at.push_back(kStart + static_cast<std::int64_t>(i));
    host.emplace_back("a");
    cpu.push_back(static_cast<double>(i));
    if (i % 3 == 0) {
      ++nulls;
    } else {
      validity[i / 8] = static_cast<std::uint8_t>(validity[i / 8] | (1U << (i % 8)));
    }
  }
  ColumnTable table;
  table.add("at", at).add("host", host).add("cpu", cpu, validity.data());
  for (const bool is_lent : {true, false}) {
    const std::string name = is_lent ? "lent" : "copied";
    auto job = Backfill<ColumnTable>::create(usage_schema(), options(name));
    ASSERT_TRUE(job);
    if (!is_lent) {
      ASSERT_TRUE(job->append(table));
    }
    const auto report = is_lent ? job->run(std::vector<ColumnTable>{table}) : job->finish();
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_EQ(report->ledger.nulls, nulls);
    EXPECT_EQ(report->ledger.written, 1000 - nulls);
    EXPECT_FALSE(series(name).at(R"(cpu{instance="a"})").contains(kStart * 1000));
  }
}

TEST_F(ColumnsTest, TableThatCantBeReadEndsTheJobAndNamesTheColumn) {
  const UsageColumns columns;
  const std::vector<double> short_one(3);
  const std::array<std::uint32_t, 4> codes{0, 0, 0, 7};
  const std::array<std::string_view, 1> texts{"a"};
  std::vector<ColumnTable> bad(5);
  bad[0].add("at", columns.at).add("host", columns.host);
  bad[1].add("at", columns.at).add("host", columns.host).add("cpu", short_one);
  bad[2].add("at", columns.host).add("host", columns.host).add("cpu", columns.cpu);
  bad[3].add("at", columns.at).add("host", columns.host).add("cpu", columns.host);
  bad[4].add("at", columns.at).add("host", CodedTexts{codes, texts}).add("cpu", columns.cpu);
  const std::array<const char*, 5> wheres{"usage::cpu", "usage::cpu", "usage::at", "usage::cpu", "usage::host"};
  for (std::size_t i = 0; i < bad.size(); ++i) {
    auto job = Backfill<ColumnTable>::create(usage_schema(), options());
    ASSERT_TRUE(job);
    const auto report = job->run(std::span(bad).subspan(i, 1));
    ASSERT_FALSE(report) << i;
    EXPECT_EQ(report.error().code, ErrorCode::kUsage) << i;
    EXPECT_EQ(report.error().where, wheres[i]);
    EXPECT_TRUE(nothing_is_left());
  }
}

TEST_F(ColumnsTest, MistakesOfASchemaAreErrors) {
  const auto error_of = [this](const ColumnSchema& schema) {
    const auto job = Backfill<ColumnTable>::create(schema, options());
    EXPECT_FALSE(job);
    return job ? std::string() : job.error().message;
  };
  const auto schema = [] { return ColumnSchema("s"); };
  EXPECT_EQ(error_of(schema().field("cpu", "metric_type:gauge")), "the schema has no time");
  EXPECT_EQ(error_of(schema().timestamp("a").timestamp("b")), "the schema has two times");
  EXPECT_EQ(error_of(schema().timestamp("at").field("cpu", "metric_type:gaug")),
            "the metric_type is unknown: it is gauge, counter, untyped, info, stateset or -");
  EXPECT_EQ(error_of(schema().timestamp("at").label("my host")), "the label name is invalid");
  EXPECT_EQ(error_of(schema().timestamp("at").label("a", "x").label("b", "x")), "two labels have the same name");
  EXPECT_EQ(error_of(schema().timestamp("at").label("a").field("cpu", "metric_type:gauge,a:b")),
            "two labels have the same name");
  EXPECT_EQ(error_of(schema().timestamp("at").field("my cpu", "metric_type:gauge")), "invalid metric name 'my cpu'");
  EXPECT_EQ(error_of(schema().timestamp("at")), "the record has no metric");
}

}  // namespace
}  // namespace promfill
