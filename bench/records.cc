// The struct path: tables of records in memory, of the generator's usage shape, into blocks. One job a process, whose
// own time is printed; making the tables is not part of it.
//
//   bench_records VARIANT ORDER ENTITIES ROWS_PER_ENTITY STEP_S OUT
//
//   tables   a range of tables that are lent, without a channel
//   channel  the same tables, lent through a channel by another thread
//   columns  the same rows as columns that are said at run time
#include <promfill/promfill.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "bench/dataset.h"

namespace {

using namespace std::chrono_literals;

struct Usage {
  std::int64_t at = 0;
  std::string id;
  std::int64_t aid = 0;
  double cpu = 0;
  double mem = 0;
  double net_in = 0;
  double net_out = 0;
  double disk = 0;
};

constexpr std::size_t kTableRows = 1 << 16;

std::vector<std::vector<Usage>> make_tables(const promfill::bench::Dataset& dataset) {
  promfill::bench::RowMaker maker(dataset, 0, dataset.entities, 0);
  std::vector<std::vector<Usage>> tables;
  while (true) {
    const promfill::bench::Stretch stretch = maker.next(kTableRows);
    if (stretch.times.empty()) return tables;
    std::vector<Usage>& table = tables.emplace_back(stretch.times.size());
    for (std::size_t i = 0; i < table.size(); ++i) {
      constexpr std::int64_t kStart = 1'583'020'800;
      const std::uint64_t entity = stretch.entities[i];
      table[i] = {kStart + stretch.times[i] % 1'000'000'000,
                  "c_" + std::to_string(entity),
                  static_cast<std::int64_t>(1000 + entity / 4),
                  stretch.metrics[0][i],
                  stretch.metrics[1][i],
                  stretch.metrics[2][i],
                  stretch.metrics[3][i],
                  stretch.metrics[4][i]};
    }
  }
}

}  // namespace

template <>
struct promfill::Schema<Usage> {
  static constexpr auto fields =
      promfill::fields(timestamp<&Usage::at>(TimeUnit::seconds), label<&Usage::id>(), label<&Usage::aid>(),
                       field<&Usage::cpu>("metric_type:gauge"), field<&Usage::mem>("metric_type:gauge"),
                       field<&Usage::net_in>("metric_type:gauge"), field<&Usage::net_out>("metric_type:gauge"),
                       field<&Usage::disk>("metric_type:gauge"));
};

namespace {

promfill::BackfillOptions options_for(const std::string& out) {
  return {.out = out, .block_duration = 2h, .allow_implausible_times = true};
}

/// Run a job, and say what it took. @return exit status.
template <typename Job, typename Run>
int measure(promfill::Result<Job> job, Run run) {
  if (!job) return promfill::report_error(job.error());
  const auto report = run(*job);
  if (!report) return promfill::report_error(report.error());
  std::cout << R"({"seconds":)" << report->seconds << R"(,"cpu_seconds":)" << report->cpu_seconds << R"(,"samples":)"
            << report->ledger.written << "}\n";
  return 0;
}

/// A table's rows as arrays.
struct UsageColumns {
  explicit UsageColumns(const std::vector<Usage>& table) {
    for (const Usage& row : table) {
      at.push_back(row.at);
      id.push_back(row.id);
      aid.push_back(row.aid);
      const std::array<double, kMetrics.size()> values{row.cpu, row.mem, row.net_in, row.net_out, row.disk};
      for (std::size_t m = 0; m < values.size(); ++m) metrics[m].push_back(values[m]);
    }
  }
  [[nodiscard]] promfill::ColumnTable table() const {
    promfill::ColumnTable made;
    made.add("at", at).add("id", id).add("aid", aid);
    for (std::size_t m = 0; m < metrics.size(); ++m) made.add(kMetrics[m], metrics[m]);
    return made;
  }
  static constexpr std::array<const char*, 5> kMetrics{"cpu", "mem", "net_in", "net_out", "disk"};

  std::vector<std::int64_t> at;
  std::vector<std::string> id;
  std::vector<std::int64_t> aid;
  std::array<std::vector<double>, kMetrics.size()> metrics;
};

int measure_tables(const std::vector<std::vector<Usage>>& tables, const std::string& out) {
  return measure(promfill::Backfill<Usage>::create(options_for(out)), [&](auto& job) { return job.run(tables); });
}

int measure_channel(const std::vector<std::vector<Usage>>& tables, const std::string& out) {
  return measure(promfill::Backfill<Usage>::create(options_for(out)), [&](auto& job) {
    promfill::Channel<std::span<const Usage>> channel{8};
    const std::jthread producer([&] {
      for (const std::vector<Usage>& table : tables) {
        if (!channel.send(table)) return;
      }
      channel.close();
    });
    return job.run(channel);
  });
}

int measure_columns(const std::vector<std::vector<Usage>>& tables, const std::string& out) {
  const std::vector<UsageColumns> columns(tables.begin(), tables.end());
  std::vector<promfill::ColumnTable> lent;
  for (const UsageColumns& one : columns) lent.push_back(one.table());
  promfill::ColumnSchema schema("Usage");
  schema.timestamp("at").label("id").label("aid");
  for (const char* const metric : UsageColumns::kMetrics) schema.field(metric, "metric_type:gauge");
  return measure(promfill::Backfill<promfill::ColumnTable>::create(schema, options_for(out)),
                 [&](auto& job) { return job.run(lent); });
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, int (*)(const std::vector<std::vector<Usage>>&, const std::string&)> variants{
      {"tables", measure_tables}, {"channel", measure_channel}, {"columns", measure_columns}};
  const std::map<std::string, promfill::bench::RowOrder> orders{{"series", promfill::bench::RowOrder::kSeries},
                                                                {"time", promfill::bench::RowOrder::kTime},
                                                                {"random", promfill::bench::RowOrder::kRandom}};
  if (argc != 7 || !variants.contains(argv[1]) || !orders.contains(argv[2])) {
    std::cerr << "usage: bench_records tables|channel|columns series|time|random ENTITIES ROWS_PER_ENTITY STEP_S OUT\n";
    return 2;
  }
  promfill::bench::Dataset dataset = *promfill::bench::dataset_of_shape("usage");
  dataset.order = orders.at(argv[2]);
  dataset.entities = std::strtoull(argv[3], nullptr, 10);
  dataset.rows_per_entity = std::strtoull(argv[4], nullptr, 10);
  dataset.step_s = std::strtoll(argv[5], nullptr, 10);
  return variants.at(argv[1])(make_tables(dataset), argv[6]);
}
