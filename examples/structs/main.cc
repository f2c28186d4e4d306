// The example of the Go library's README in C++: a record, tables of it through a channel, statistics at the end.
//
//   example_structs [OUT]
#include <promfill/promfill.h>

#include <cstdint>
#include <filesystem>
#include <iostream>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace models {

struct BaseRecord {
  std::int64_t Timestamp = 0;  // in seconds, as nothing else is said
  double SystemRunning = 0;
  double ManagementRunning = 0;
  double TotalNodesRunning = 0;

  // Where this method is there, its labels are attached to every metric.
  void additional_labels(promfill::LabelSink& out) const {
    out.add("MyLabel1", "MyValue1");
    out.add("MyLabel2", "my value");
  }
};

}  // namespace models

// The name of a member is the name of its metric; what else a tag has are labels of the metric.
template <>
struct promfill::Schema<models::BaseRecord> {
  using R = models::BaseRecord;
  static constexpr auto fields = promfill::fields(
      field<&R::SystemRunning>(
          "metric_type:gauge,description:The system is up and running,humanName:System is running"),
      field<&R::ManagementRunning>("metric_type:gauge"), field<&R::TotalNodesRunning>("metric_type:gauge"));
};

namespace {

constexpr std::size_t kTables = 240;
constexpr std::int64_t kRowsPerTable = 100;
constexpr std::int64_t kStepSeconds = 30;

/// Your queries.
std::vector<models::BaseRecord> query_table(std::size_t number) {
  constexpr std::int64_t kStart = 1'583'020'800;  // 2020-03-01
  std::vector<models::BaseRecord> table;
  for (std::int64_t row = 0; row < kRowsPerTable; ++row) {
    const std::int64_t at = static_cast<std::int64_t>(number) * kRowsPerTable + row;
    table.push_back({kStart + at * kStepSeconds, 1, at % 50 == 0 ? 0.0 : 1.0, static_cast<double>(3 + at % 5)});
  }
  return table;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string out = argc > 1 ? argv[1] : "tsdb";
  std::filesystem::remove_all(out);
  auto job = promfill::Backfill<models::BaseRecord>::create({.out = out, .block_duration = 24h * 15});
  if (!job) return promfill::report_error(job.error());

  promfill::Channel<std::vector<models::BaseRecord>> tables{128};
  std::jthread producer([&tables] {
    for (std::size_t number = 0; number < kTables; ++number) {
      if (!tables.send(query_table(number))) return;  // the job has ended
    }
    tables.close();
  });

  const auto report = job->run(tables, {.tables_expected = kTables});
  if (!report) return promfill::report_error(report.error());
  job->stats().print(std::cout);
  report->print(std::cout);
}
