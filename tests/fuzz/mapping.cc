// Mapping files, against a table of every kind of column; files of relabelling rules. Whatever is understood is refused
// with a place, or becomes a plan whose columns exist, and by which each cell of the table gets one verdict.
#include "promfill/mapping.h"

#include "mapping/infer.h"
#include "mapping/metric_definitions.h"
#include "mapping/row_mapper.h"
#include "model/column_fixture.h"
#include "target.h"

namespace promfill {
namespace {

const FixtureTable& table() {
  using Text = std::string;
  static const FixtureTable made({
      {"time", ColumnKind::kTimestamp, {std::int64_t{1'583'020'800'000}, Cell()}, TimeUnit::kMilliseconds, false},
      {"seconds", ColumnKind::kInt64, {std::int64_t{1'583'020'800}, std::int64_t{20'200'301}}},
      {"id", ColumnKind::kInt64, {std::int64_t{7}, std::int64_t{(std::int64_t{1} << 53) + 1}}},
      {"host", ColumnKind::kUtf8, {Text("servers.web01.cpu"), Text("\xFF")}},
      {"rack", ColumnKind::kDictionary, {Text("{\"a\":1,\"b\":[]}"), Text("{\"__name__\":\"x\"}")}},
      {"when", ColumnKind::kUtf8, {Text("2020-03-29 02:30:00"), Text("31.12.2020")}},
      {"clock", ColumnKind::kDuration, {std::int64_t{60'000}, std::int64_t{-1}}},
      {"cpu", ColumnKind::kDouble, {0.5, std::numeric_limits<double>::quiet_NaN()}},
      {"up", ColumnKind::kBool, {true, Cell()}},
      {"list", ColumnKind::kOther, {Cell(), Cell()}},
  });
  return made;
}

void map_rows(const Plan& plan) {
  RowMapper mapper(plan);
  const auto mapped = mapper.map(table().batch(plan.columns(), 0, table().rows()));
  FUZZ_EXPECT(mapped.has_value());
  std::uint64_t samples = 0;
  for (const EntityRun& run : mapped->runs) {
    for (const MetricColumn& metric : mapped->metrics) {
      for (std::uint32_t row = run.begin; row < run.end; ++row) samples += metric.valid(row) ? 1 : 0;
    }
  }
  const Ledger& judged = mapped->judged;
  FUZZ_EXPECT(judged.cells == judged.nulls + judged.rejected + judged.filtered + judged.out_of_window + samples);
}

void parse(std::string_view text) {
  const auto mapping = parse_mapping(text, "map.yaml");
  if (!mapping) {
    FUZZ_EXPECT(mapping.error().code == ErrorCode::kUsage && mapping.error().where.starts_with("map.yaml"));
    return;
  }
  const SourceSchema columns = table().schema();
  const auto complete = complete_mapping(*mapping, columns);
  if (!complete) return;
  const auto metrics = metric_definitions(complete->mapping);
  if (!metrics) return;
  PlanOptions options;
  options.time_unit = TimeUnit::kSeconds;
  options.allow_implausible = true;
  const auto plan = Plan::compile(*complete, columns, "table", options);
  if (!plan) return;
  for (const ColumnRequest& request : plan->columns()) FUZZ_EXPECT(request.column < columns.size());
  for (const PlannedMetric& metric : plan->metrics()) FUZZ_EXPECT(metric.position < plan->columns().size());
  map_rows(*plan);
}

void parse_rules(std::string_view text) {
  const auto rules = parse_relabel_rules(text, "rules.yml");
  if (!rules) {
    FUZZ_EXPECT(rules.error().code == ErrorCode::kUsage && rules.error().where.starts_with("rules.yml"));
    return;
  }
  FUZZ_EXPECT(Relabeller::compile(*rules).has_value());  // each was checked where it stands
}

}  // namespace
}  // namespace promfill

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  promfill::parse(text);
  promfill::parse_rules(text);
  return 0;
}
