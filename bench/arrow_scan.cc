// The limit we measure against: decode the same columns with Arrow and do nothing with them.
//
//   arrow_scan THREADS COLUMN,COLUMN,… FILE...
//
// Row groups are shared out over the threads; text columns are read as dictionaries, as promfill reads labels.
// Prints the number of rows.
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
#include <thread>
#include <vector>

namespace {

struct Piece {
  std::string path;
  int row_group = 0;
};

std::unique_ptr<parquet::arrow::FileReader> open(const std::string& path, const std::vector<std::string>& columns,
                                                 std::vector<int>& indices) {
  auto file = arrow::io::ReadableFile::Open(path).ValueOrDie();
  auto reader = parquet::ParquetFileReader::Open(file);
  parquet::ArrowReaderProperties properties(/*use_threads=*/false);
  properties.set_batch_size(1 << 16);
  properties.set_pre_buffer(false);
  indices.clear();
  for (const std::string& column : columns) {
    const int index = reader->metadata()->schema()->ColumnIndex(column);
    if (index < 0) std::abort();
    indices.push_back(index);
    const bool is_text = reader->metadata()->schema()->Column(index)->physical_type() == parquet::Type::BYTE_ARRAY;
    if (is_text) properties.set_read_dictionary(index, true);
  }
  return parquet::arrow::FileReader::Make(arrow::default_memory_pool(), std::move(reader), properties).ValueOrDie();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: arrow_scan THREADS COLUMN,… FILE...\n");
    return 2;
  }
  const int threads = std::atoi(argv[1]);
  std::vector<std::string> columns;
  std::stringstream list(argv[2]);
  for (std::string column; std::getline(list, column, ',');) columns.push_back(column);
  std::vector<Piece> pieces;
  for (int i = 3; i < argc; ++i) {
    std::vector<int> indices;
    const auto reader = open(argv[i], columns, indices);
    for (int g = 0; g < reader->num_row_groups(); ++g) pieces.push_back({argv[i], g});
  }
  std::atomic<std::size_t> next{0};
  std::atomic<std::int64_t> rows{0};
  const auto work = [&] {
    std::string path;
    std::vector<int> indices;
    std::unique_ptr<parquet::arrow::FileReader> reader;
    for (std::size_t p = next++; p < pieces.size(); p = next++) {
      if (pieces[p].path != path) {
        path = pieces[p].path;
        reader = open(path, columns, indices);
      }
      auto batches = reader->GetRecordBatchReader({pieces[p].row_group}, indices).ValueOrDie();
      std::shared_ptr<arrow::RecordBatch> batch;
      while (batches->ReadNext(&batch).ok() && batch != nullptr) rows += batch->num_rows();
    }
  };
  std::vector<std::jthread> pool;
  for (int i = 0; i < threads; ++i) pool.emplace_back(work);
  pool.clear();
  std::printf("%lld rows\n", static_cast<long long>(rows));
}
