// The struct path: tables of records in memory, of the generator's usage shape, through the channel into blocks. Beside
// it the same without the channel (a range of tables that are lent), so that the channel's share can be seen.
//
//   bench_records ENTITIES ROWS_PER_ENTITY OUT [series|time]
#include <promfill/promfill.h>

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

/// Run one job over the tables. @return samples a second, or nothing where it failed.
template <typename Run>
int measure(const char* name, const std::string& out, Run run) {
  std::filesystem::remove_all(out);
  auto job = promfill::Backfill<Usage>::create({.out = out, .block_duration = 2h, .allow_implausible_times = true});
  if (!job) return promfill::report_error(job.error());
  const auto report = run(*job);
  if (!report) return promfill::report_error(report.error());
  const double samples = static_cast<double>(report->ledger.written);
  std::cout << name << ": " << samples / 1e6 << " M samples, " << report->seconds << " s, "
            << samples / report->seconds / 1e6 << " M samples/s, cpu " << report->cpu_seconds << " s, peak "
            << report->peak_rss_bytes / (1 << 20) << " MiB\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: bench_records ENTITIES ROWS_PER_ENTITY OUT [series|time]\n";
    return 2;
  }
  const bool by_time = argc > 4 && std::string(argv[4]) == "time";
  const auto tables = make_tables(std::strtoull(argv[1], nullptr, 10), std::strtoull(argv[2], nullptr, 10), by_time);
  const int lent = measure("lent tables", argv[3], [&](auto& job) { return job.run(tables); });
  if (lent != 0) return lent;
  return measure("channel", argv[3], [&](auto& job) {
    promfill::Channel<std::span<const Usage>> channel{8};
    std::jthread producer([&] {
      for (const std::vector<Usage>& table : tables) {
        if (!channel.send(table)) return;
      }
      channel.close();
    });
    return job.run(channel);
  });
}
