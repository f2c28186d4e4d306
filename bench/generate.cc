// Makes the files that the benchmarks read, at any size in bounded memory.
//
//   generate OUT SHAPE ORDER ENTITIES ROWS_PER_ENTITY STEP_SECONDS [FORMAT]
//
//   SHAPE  usage      id, aid; cpu, mem, net_in, net_out, disk: the Alibaba 2018 container_usage table, as random walks
//                     of the same ranges and steps
//          irregular  usage with times in milliseconds that are half a step to one and a half apart, and outages
//          noise      usage with 64 random bits as values: nothing to compress
//          wide       usage's columns sixty times: 300 metrics a row
//          labels     pod, container_id, node, image (long and mostly unique, replaced with every file); cpu, mem
//   ORDER  series | time | random, within each file
//   FORMAT parquet (where none is given) | csv | json, an object a line | one-group, one Parquet file with one row
//   group
//          | one-csv, one file; the last two not shuffled
//
// Eight files (more to shuffle many rows, fewer of few entities), each with its share of the entities and all of their
// times; Snappy, row groups of 131072 rows (fewer of wide rows, so that a group stays below 40 MB). The same arguments
// give the same files. Prints what it made as JSON.
#include <arrow/api.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <string>
#include <thread>

#include "bench/dataset.h"
#include "bench/table_file.h"

namespace promfill::bench {
namespace {

constexpr std::uint64_t kFiles = 8;
constexpr std::uint64_t kShuffledRowsMax = 1 << 21;  // shuffling holds a file's rows: more rows, more files
constexpr std::uint64_t kRowGroupRows = 1 << 17;
constexpr std::uint64_t kRowGroupCellsMax = 5 << 20;

std::shared_ptr<arrow::Schema> schema_of(const Dataset& dataset) {
  arrow::FieldVector fields;
  for (const LabelColumn& label : dataset.labels) {
    fields.push_back(arrow::field(label.name, label.is_integer ? arrow::int64() : arrow::utf8()));
  }
  fields.push_back(arrow::field("timestamp", arrow::int64()));
  for (const MetricColumn& metric : dataset.metrics) {
    fields.push_back(arrow::field(metric.name, metric.is_integer ? arrow::int64() : arrow::float64()));
  }
  return arrow::schema(fields);
}

/// The rows' order in the file, as positions in the stretch.
std::vector<std::uint32_t> shuffled_positions(std::uint64_t rows, bool shuffle, std::uint64_t file_number) {
  std::vector<std::uint32_t> positions(rows);
  std::iota(positions.begin(), positions.end(), 0U);
  if (!shuffle) return positions;
  std::uint64_t random = file_number + 11;
  for (std::uint64_t i = rows; i > 1; --i) std::swap(positions[i - 1], positions[next_random(random) % i]);
  return positions;
}

template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> build(std::span<const std::uint32_t> positions, Value value) {
  Builder builder;
  check(builder.Reserve(static_cast<std::int64_t>(positions.size())));
  for (const std::uint32_t position : positions) check(builder.Append(value(position)));
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::RecordBatch> batch_of(const Dataset& dataset, const std::shared_ptr<arrow::Schema>& schema,
                                             const Stretch& stretch, std::span<const std::uint32_t> positions) {
  arrow::ArrayVector columns;
  for (const LabelColumn& label : dataset.labels) {
    columns.push_back(
        label.is_integer
            ? build<arrow::Int64Builder>(positions, [&](auto at) { return label.integer(stretch.entities[at]); })
            : build<arrow::StringBuilder>(positions, [&](auto at) { return label.text(stretch.entities[at]); }));
  }
  columns.push_back(build<arrow::Int64Builder>(positions, [&](auto at) { return stretch.times[at]; }));
  for (std::size_t m = 0; m < dataset.metrics.size(); ++m) {
    const std::vector<double>& values = stretch.metrics[m];
    columns.push_back(
        dataset.metrics[m].is_integer
            ? build<arrow::Int64Builder>(positions, [&](auto at) { return static_cast<std::int64_t>(values[at]); })
            : build<arrow::DoubleBuilder>(positions, [&](auto at) { return values[at]; }));
  }
  return arrow::RecordBatch::Make(schema, static_cast<std::int64_t>(positions.size()), columns);
}

void write_file(const Dataset& dataset, const TableFormat& format, std::uint64_t first, std::uint64_t last,
                std::uint64_t file_number, const std::string& path) {
  const std::uint64_t columns = dataset.labels.size() + 1 + dataset.metrics.size();
  const std::uint64_t group_rows = std::min(kRowGroupRows, kRowGroupCellsMax / columns);
  const bool shuffle = dataset.order == RowOrder::kRandom;
  const auto schema = schema_of(dataset);
  const auto file = create_table_file(format, path, schema, static_cast<std::int64_t>(group_rows));
  RowMaker maker(dataset, first, last, file_number);
  const std::uint64_t stretch_rows = shuffle ? (last - first) * dataset.rows_per_entity : group_rows;
  for (Stretch stretch = maker.next(stretch_rows); !stretch.entities.empty(); stretch = maker.next(stretch_rows)) {
    const auto positions = shuffled_positions(stretch.entities.size(), shuffle, file_number);
    for (std::size_t at = 0; at < positions.size(); at += group_rows) {
      const auto group = std::span(positions).subspan(at, std::min<std::size_t>(group_rows, positions.size() - at));
      file->write(*batch_of(dataset, schema, stretch, group));
    }
  }
  file->close();
}

void write_files(const Dataset& dataset, const TableFormat& format, const std::string& out) {
  std::uint64_t files = format.is_one_piece ? 1 : kFiles;
  if (dataset.order == RowOrder::kRandom) files = std::max(files, dataset.rows() / kShuffledRowsMax);
  const std::uint64_t per_file = std::max<std::uint64_t>(1, (dataset.entities + files - 1) / files);
  std::atomic<std::uint64_t> next{0};
  const auto work = [&] {
    for (std::uint64_t number = next++; number * per_file < dataset.entities; number = next++) {
      char name[32];
      std::snprintf(name, sizeof name, "/part_%04llu", static_cast<unsigned long long>(number));
      const std::uint64_t first = number * per_file;
      write_file(dataset, format, first, std::min(first + per_file, dataset.entities), number,
                 out + name + format.extension());
    }
  };
  std::vector<std::jthread> pool;
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) pool.emplace_back(work);
}

void print_description(const Dataset& dataset) {
  std::string labels;
  std::string metrics;
  for (const LabelColumn& label : dataset.labels) labels += (labels.empty() ? "\"" : ", \"") + label.name + '"';
  for (const MetricColumn& metric : dataset.metrics) metrics += (metrics.empty() ? "\"" : ", \"") + metric.name + '"';
  const auto rows = static_cast<unsigned long long>(dataset.rows());
  std::printf("{\"rows\": %llu, \"samples\": %llu, \"series\": %llu, \"unit\": \"%s\", \"labels\": [%s], ", rows,
              rows * dataset.metrics.size(), static_cast<unsigned long long>(dataset.entities) * dataset.metrics.size(),
              dataset.is_irregular ? "ms" : "s", labels.c_str());
  std::printf("\"metrics\": [%s]}\n", metrics.c_str());
}

}  // namespace
}  // namespace promfill::bench

int main(int argc, char** argv) {
  using namespace promfill::bench;
  const std::string order = argc > 3 ? argv[3] : "";
  auto dataset = dataset_of_shape(argc > 2 ? argv[2] : "");
  const auto format = table_format(argc > 7 ? argv[7] : "parquet");
  if (argc < 7 || argc > 8 || !dataset || !format || (order != "series" && order != "time" && order != "random")) {
    std::fprintf(stderr,
                 "usage: generate OUT usage|irregular|noise|wide|labels series|time|random ENTITIES "
                 "ROWS_PER_ENTITY STEP_SECONDS [parquet|csv|json|one-group|one-csv]\n");
    return 2;
  }
  dataset->order = order == "series" ? RowOrder::kSeries : order == "time" ? RowOrder::kTime : RowOrder::kRandom;
  dataset->entities = std::strtoull(argv[4], nullptr, 10);
  dataset->rows_per_entity = std::strtoull(argv[5], nullptr, 10);
  dataset->step_s = std::strtoll(argv[6], nullptr, 10);
  if (dataset->rows() == 0 || dataset->step_s <= 0) {
    std::fprintf(stderr, "generate: entities, rows and step have to be positive numbers\n");
    return 2;
  }
  std::error_code error;
  std::filesystem::create_directories(argv[1], error);
  if (error) {
    std::fprintf(stderr, "generate: %s: %s\n", argv[1], error.message().c_str());
    return 1;
  }
  write_files(*dataset, *format, argv[1]);
  print_description(*dataset);
}
