// The struct path: tables of records in memory, of the generator's usage shape, through the channel into blocks. Beside
// it the same without the channel (a range of tables that are lent), so that the channel's share can be seen, and the
// same rows as columns that are said at run time.
//
//   bench_records ENTITIES ROWS_PER_ENTITY OUT [series|time]
#include <promfill/promfill.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
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

std::vector<std::vector<Usage>> make_tables(std::uint64_t entities, std::uint64_t rows, bool by_time) {
  promfill::bench::Dataset dataset = *promfill::bench::dataset_of_shape("usage");
  dataset.entities = entities;
  dataset.rows_per_entity = rows;
  dataset.step_s = 10;
  if (by_time) dataset.order = promfill::bench::RowOrder::kTime;
  promfill::bench::RowMaker maker(dataset, 0, entities, 0);
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

/// Run one job over the tables, and say how fast it was. @return exit status.
template <typename Job, typename Run>
int measure(const char* name, const std::string& out, promfill::Result<Job> job, Run run) {
  if (!job) return promfill::report_error(job.error());
  const auto report = run(*job);
  if (!report) return promfill::report_error(report.error());
  const double samples = static_cast<double>(report->ledger.written);
  std::cout << name << ": " << samples / 1e6 << " M samples, " << report->seconds << " s, "
            << samples / report->seconds / 1e6 << " M samples/s, cpu " << report->cpu_seconds << " s, peak "
            << report->peak_rss_bytes / (1 << 20) << " MiB\n";
  std::filesystem::remove_all(out);
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

int measure_columns(const std::vector<std::vector<Usage>>& tables, const std::string& out) {
  std::vector<UsageColumns> columns(tables.begin(), tables.end());
  std::vector<promfill::ColumnTable> lent;
  for (const UsageColumns& one : columns) lent.push_back(one.table());
  promfill::ColumnSchema schema("Usage");
  schema.timestamp("at").label("id").label("aid");
  for (const char* const metric : UsageColumns::kMetrics) schema.field(metric, "metric_type:gauge");
  return measure("columns", out, promfill::Backfill<promfill::ColumnTable>::create(schema, options_for(out)),
                 [&](auto& job) { return job.run(lent); });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: bench_records ENTITIES ROWS_PER_ENTITY OUT [series|time]\n";
    return 2;
  }
  const bool by_time = argc > 4 && std::string(argv[4]) == "time";
  const auto tables = make_tables(std::strtoull(argv[1], nullptr, 10), std::strtoull(argv[2], nullptr, 10), by_time);
  const std::string out = argv[3];
  std::filesystem::remove_all(out);
  const auto job_of_structs = [&out] { return promfill::Backfill<Usage>::create(options_for(out)); };
  const int lent = measure("lent tables", out, job_of_structs(), [&](auto& job) { return job.run(tables); });
  const int sent = measure("channel", out, job_of_structs(), [&](auto& job) {
    promfill::Channel<std::span<const Usage>> channel{8};
    std::jthread producer([&] {
      for (const std::vector<Usage>& table : tables) {
        if (!channel.send(table)) return;
      }
      channel.close();
    });
    return job.run(channel);
  });
  return std::max({lent, sent, measure_columns(tables, out)});
}
