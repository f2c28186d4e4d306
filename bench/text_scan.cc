// The limit that we measure texts against: read the same columns with Arrow's own readers of CSV and JSON and do
// nothing with them.
//
//   text_scan THREADS COLUMN,COLUMN,… FILE...
//
// With one thread the readers that stream, which keep no more than a few blocks; with more the table readers on Arrow's
// pool of so many threads, a file at a time: the faster way of the two that Arrow has. Types are those that Arrow
// finds, other columns are left out, as the options of the readers allow. Prints the number of rows.
#include <arrow/api.h>
#include <arrow/csv/api.h>
#include <arrow/io/file.h>
#include <arrow/json/api.h>
#include <arrow/util/thread_pool.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace promfill::bench {
namespace {

constexpr std::int32_t kBlockBytes = 1 << 22;  // a little faster than Arrow's 1 MiB

[[noreturn]] void fail(const std::string& path, const arrow::Status& status) {
  std::fprintf(stderr, "text_scan: %s: %s\n", path.c_str(), status.ToString().c_str());
  std::_Exit(1);
}

template <typename Value>
Value value_of(const std::string& path, arrow::Result<Value> result) {
  if (!result.ok()) fail(path, result.status());
  return std::move(result).ValueUnsafe();
}

std::int64_t stream(const std::string& path, arrow::RecordBatchReader& batches) {
  std::int64_t rows = 0;
  while (const auto batch = value_of(path, batches.Next())) rows += batch->num_rows();
  return rows;
}

std::int64_t scan_csv(const std::string& path, const std::vector<std::string>& names, bool use_threads) {
  const auto file = value_of(path, arrow::io::ReadableFile::Open(path));
  auto read = arrow::csv::ReadOptions::Defaults();
  read.use_threads = use_threads;
  read.block_size = kBlockBytes;
  const auto parse = arrow::csv::ParseOptions::Defaults();
  auto convert = arrow::csv::ConvertOptions::Defaults();
  convert.include_columns = names;
  const auto context = arrow::io::default_io_context();
  if (!use_threads) {
    return stream(path, *value_of(path, arrow::csv::StreamingReader::Make(context, file, read, parse, convert)));
  }
  const auto reader = value_of(path, arrow::csv::TableReader::Make(context, file, read, parse, convert));
  return value_of(path, reader->Read())->num_rows();
}

/// Every column: JSON's readers have no choice of columns but a schema, and the files have no others.
std::int64_t scan_json(const std::string& path, bool use_threads) {
  const auto file = value_of(path, arrow::io::ReadableFile::Open(path));
  auto read = arrow::json::ReadOptions::Defaults();
  read.use_threads = use_threads;
  read.block_size = kBlockBytes;
  const auto parse = arrow::json::ParseOptions::Defaults();
  if (!use_threads) return stream(path, *value_of(path, arrow::json::StreamingReader::Make(file, read, parse)));
  const auto reader = value_of(path, arrow::json::TableReader::Make(arrow::default_memory_pool(), file, read, parse));
  return value_of(path, reader->Read())->num_rows();
}

}  // namespace
}  // namespace promfill::bench

int main(int argc, char** argv) {
  using namespace promfill::bench;
  const int threads = argc > 3 ? std::atoi(argv[1]) : 0;
  if (threads < 1) {
    std::fprintf(stderr, "usage: text_scan THREADS COLUMN,… FILE...\n");
    return 2;
  }
  if (const arrow::Status set = arrow::SetCpuThreadPoolCapacity(threads); !set.ok()) fail("threads", set);
  std::vector<std::string> names;
  std::stringstream list(argv[2]);
  for (std::string name; std::getline(list, name, ',');) names.push_back(name);
  std::int64_t rows = 0;
  for (int i = 3; i < argc; ++i) {
    const std::string path = argv[i];
    rows += path.ends_with(".csv") ? scan_csv(path, names, threads > 1) : scan_json(path, threads > 1);
  }
  std::printf("%lld rows\n", static_cast<long long>(rows));
}
