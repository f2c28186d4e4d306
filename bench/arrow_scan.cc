// The limit we measure against: decode the same columns with Arrow and do nothing with them.
//
//   arrow_scan THREADS ours|arrows COLUMN,COLUMN,… FILE...
//
// Row groups are shared out over the threads; text columns are read as dictionaries, as promfill reads labels. Memory
// comes from the pool that promfill gives to Arrow, or from Arrow's own. Prints the number of rows.
#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "resource/page_pool.h"
#include "source/arrow_columns.h"

namespace promfill::bench {
namespace {

constexpr std::int64_t kBatchRows = 1 << 16;

struct Piece {
  std::string path;
  int row_group = 0;
};

struct OpenFile {
  std::string path;
  std::vector<int> columns;
  std::unique_ptr<parquet::arrow::FileReader> reader;
};

[[noreturn]] void fail(const std::string& path, const std::string& message) {
  std::fprintf(stderr, "arrow_scan: %s: %s\n", path.c_str(), message.c_str());
  std::_Exit(1);
}

OpenFile open(const std::string& path, const std::vector<std::string>& names, arrow::MemoryPool* pool) {
  auto file = arrow::io::ReadableFile::Open(path, pool);
  if (!file.ok()) fail(path, file.status().ToString());
  auto parquet = parquet::ParquetFileReader::Open(*file, parquet::ReaderProperties(pool));
  parquet::ArrowReaderProperties properties(/*use_threads=*/false);
  properties.set_batch_size(kBatchRows);
  properties.set_pre_buffer(false);
  OpenFile opened{path, {}, nullptr};
  const parquet::SchemaDescriptor& schema = *parquet->metadata()->schema();
  for (const std::string& name : names) {
    const int column = schema.ColumnIndex(name);
    if (column < 0) fail(path, "no column " + name);
    opened.columns.push_back(column);
    if (schema.Column(column)->physical_type() == parquet::Type::BYTE_ARRAY) {
      properties.set_read_dictionary(column, true);
    }
  }
  opened.reader = parquet::arrow::FileReader::Make(pool, std::move(parquet), properties).ValueOrDie();
  return opened;
}

std::int64_t scan(const OpenFile& file, int row_group) {
  std::int64_t rows = 0;
  auto batches = file.reader->GetRecordBatchReader({row_group}, file.columns);
  if (!batches.ok()) fail(file.path, batches.status().ToString());
  for (std::shared_ptr<arrow::RecordBatch> batch;;) {
    const arrow::Status status = (*batches)->ReadNext(&batch);
    if (!status.ok()) fail(file.path, status.ToString());
    if (batch == nullptr) return rows;
    rows += batch->num_rows();
  }
}

std::int64_t scan_all(const std::vector<Piece>& pieces, const std::vector<std::string>& names, arrow::MemoryPool* pool,
                      int threads) {
  std::atomic<std::size_t> next{0};
  std::atomic<std::int64_t> rows{0};
  const auto work = [&] {
    OpenFile file;
    for (std::size_t p = next++; p < pieces.size(); p = next++) {
      if (pieces[p].path != file.path) file = open(pieces[p].path, names, pool);
      rows += scan(file, pieces[p].row_group);
    }
  };
  std::vector<std::jthread> workers;
  for (int i = 0; i < threads; ++i) workers.emplace_back(work);
  workers.clear();
  return rows;
}

}  // namespace
}  // namespace promfill::bench

int main(int argc, char** argv) {
  using namespace promfill::bench;
  const std::string_view whose = argc > 4 ? argv[2] : "";
  if (whose != "ours" && whose != "arrows") {
    std::fprintf(stderr, "usage: arrow_scan THREADS ours|arrows COLUMN,… FILE...\n");
    return 2;
  }
  promfill::PagePool pages;
  promfill::BudgetedPool ours(nullptr, &pages);
  arrow::MemoryPool* pool = whose == "ours" ? &ours : arrow::default_memory_pool();
  std::vector<std::string> names;
  std::stringstream list(argv[3]);
  for (std::string name; std::getline(list, name, ',');) names.push_back(name);
  std::vector<Piece> pieces;
  for (int i = 4; i < argc; ++i) {
    const OpenFile file = open(argv[i], names, pool);
    for (int g = 0; g < file.reader->num_row_groups(); ++g) pieces.push_back({argv[i], g});
  }
  std::printf("%lld rows\n", static_cast<long long>(scan_all(pieces, names, pool, std::atoi(argv[1]))));
}
