#include <promfill/promfill.h>

#include <iostream>
#include <vector>

struct Row {
  std::int64_t Timestamp = 0;
  double up = 0;
};

template <>
struct promfill::Schema<Row> {
  static constexpr auto fields = promfill::fields(promfill::field<&Row::up>("metric_type:gauge"));
};

int main(int, char** argv) {
  auto job = promfill::Backfill<Row>::create({.out = argv[1], .block_duration = std::chrono::hours(2)});
  if (!job) return promfill::report_error(job.error());
  const std::vector<std::vector<Row>> tables{{{1583020800, 1}, {1583020815, 0}}};
  const auto report = job->run(tables);
  if (!report) return promfill::report_error(report.error());
  std::cout << report->ledger.written << " samples with promfill " << PROMFILL_VERSION << '\n';
}
