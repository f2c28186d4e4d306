// The Alibaba example as a program: rows of Parquet files become structs, tables of them go through the channel. The
// blocks have the bytes that `promfill import` makes of the same files (bytes_test.py).
//
//   example_alibaba_cpp INPUT_DIRECTORY OUT
#include <arrow/api.h>
#include <arrow/io/api.h>
#include <parquet/arrow/reader.h>
#include <promfill/promfill.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

struct Usage {
  std::int64_t at = 0;
  std::string id;
  std::int64_t aid = 0;
  double cpu = 0;
  double mem = 0;
  double net_in = 0;
  double net_out = 0;
  std::optional<double> disk;  // not measured everywhere: no sample
  void additional_labels(promfill::LabelSink& out) const { out.add("cluster", "alibaba-2018"); }
};

constexpr std::int64_t kTraceStart = 1'583'020'800;  // the trace counts from its own start; here: 2020-03-01

promfill::Error error_of(const arrow::Status& status, const std::string& file) {
  return {promfill::ErrorCode::kCorrupt, "read Parquet: " + status.message(), file, ""};
}

double number(const arrow::Array& column, std::int64_t row) {
  if (column.type_id() == arrow::Type::DOUBLE) return static_cast<const arrow::DoubleArray&>(column).Value(row);
  return static_cast<double>(static_cast<const arrow::Int64Array&>(column).Value(row));
}

/// The rows of one row group.
arrow::Result<std::vector<Usage>> read_rows(parquet::arrow::FileReader& reader, int group) {
  ARROW_ASSIGN_OR_RAISE(const auto chunked, reader.ReadRowGroup(group));
  ARROW_ASSIGN_OR_RAISE(const auto table, chunked->CombineChunksToBatch());
  const auto column = [&](const char* name) { return table->GetColumnByName(name); };
  const auto ids = column("id"), aids = column("aid"), times = column("timestamp"), cpu = column("cpu"),
             mem = column("mem"), net_in = column("net_in"), net_out = column("net_out"), disk = column("disk");
  std::vector<Usage> rows(static_cast<std::size_t>(table->num_rows()));
  for (std::int64_t i = 0; i < table->num_rows(); ++i) {
    Usage& row = rows[static_cast<std::size_t>(i)];
    row.at = kTraceStart + static_cast<std::int64_t>(number(*times, i));
    row.id = static_cast<const arrow::StringArray&>(*ids).GetString(i);
    row.aid = static_cast<std::int64_t>(number(*aids, i));
    row.cpu = number(*cpu, i);
    row.mem = number(*mem, i);
    row.net_in = number(*net_in, i);
    row.net_out = number(*net_out, i);
    if (disk->IsValid(i)) row.disk = number(*disk, i);
  }
  return rows;
}

/// Send a file's row groups, a table each. False when the job has ended.
arrow::Result<bool> send_file(const std::string& path, promfill::Channel<std::vector<Usage>>& tables) {
  ARROW_ASSIGN_OR_RAISE(const auto file, arrow::io::ReadableFile::Open(path));
  ARROW_ASSIGN_OR_RAISE(const auto reader, parquet::arrow::OpenFile(file, arrow::default_memory_pool()));
  for (int group = 0; group < reader->num_row_groups(); ++group) {
    ARROW_ASSIGN_OR_RAISE(std::vector<Usage> rows, read_rows(*reader, group));
    if (!tables.send(std::move(rows))) return false;
  }
  return true;
}

}  // namespace

template <>
struct promfill::Schema<Usage> {
  static constexpr auto fields = promfill::fields(
      timestamp<&Usage::at>(TimeUnit::seconds), label<&Usage::id>("ID"), label<&Usage::aid>("AppGroupID"),
      field<&Usage::cpu>("metric_type:gauge,metric_name:container_cpu_usage_percent"),
      field<&Usage::mem>("metric_type:gauge,metric_name:container_memory_usage_percent"),
      field<&Usage::net_in>("metric_type:gauge,metric_name:container_network_receive_ratio"),
      field<&Usage::net_out>("metric_type:gauge,metric_name:container_network_transmit_ratio"),
      field<&Usage::disk>("metric_type:gauge,metric_name:container_disk_io_percent"));
};

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: example_alibaba_cpp INPUT_DIRECTORY OUT\n";
    return 2;
  }
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) files.push_back(entry.path());
  std::sort(files.begin(), files.end());

  auto job = promfill::Backfill<Usage>::create({.out = argv[2], .block_duration = 2h});
  if (!job) return promfill::report_error(job.error());
  promfill::Channel<std::vector<Usage>> tables{4};
  std::jthread producer([&] {
    for (const std::string& file : files) {
      const auto sent = send_file(file, tables);
      if (!sent.ok()) return tables.fail(error_of(sent.status(), file));
      if (!*sent) return;
    }
    tables.close();
  });
  const auto report = job->run(tables);
  if (!report) return promfill::report_error(report.error());
  report->print(std::cout);
}
