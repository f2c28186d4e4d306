// Mapping files, against a table of every kind of column. Whatever is understood is refused with a place, or becomes a
// plan whose columns exist.
#include "mapping/mapping_yaml.h"

#include "mapping/infer.h"
#include "mapping/metric_definitions.h"
#include "mapping/plan.h"
#include "target.h"

namespace promfill {
namespace {

SourceSchema schema() {
  SourceSchema columns;
  for (const auto& [name, kind] : {std::pair("time", ColumnKind::kTimestamp),
                                   {"seconds", ColumnKind::kInt64},
                                   {"id", ColumnKind::kInt64},
                                   {"host", ColumnKind::kUtf8},
                                   {"rack", ColumnKind::kDictionary},
                                   {"cpu", ColumnKind::kDouble},
                                   {"up", ColumnKind::kBool},
                                   {"list", ColumnKind::kOther}}) {
    columns.push_back({name, {.kind = kind, .source_type = "a type"}});
  }
  return columns;
}

void parse(std::string_view text) {
  const auto mapping = parse_mapping(text, "map.yaml");
  if (!mapping) {
    FUZZ_EXPECT(mapping.error().code == ErrorCode::kUsage && mapping.error().where.starts_with("map.yaml"));
    return;
  }
  const SourceSchema columns = schema();
  const auto complete = complete_mapping(*mapping, columns);
  if (!complete) return;
  const auto metrics = metric_definitions(complete->mapping);
  if (!metrics) return;
  PlanOptions options;
  options.time_unit = TimeUnit::kSeconds;
  const auto plan = Plan::compile(*complete, columns, "table", options);
  if (!plan) return;
  for (const ColumnRequest& request : plan->columns()) FUZZ_EXPECT(request.column < columns.size());
  for (const PlannedMetric& metric : plan->metrics()) FUZZ_EXPECT(metric.position < plan->columns().size());
}

}  // namespace
}  // namespace promfill

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  promfill::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
