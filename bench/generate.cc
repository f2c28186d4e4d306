// Makes Parquet files in the shape of the Alibaba 2018 container_usage table, at any size: the benchmark's input.
//
//   generate OUT ENTITIES DAYS STEP_SECONDS [series|time|random]
//
// Columns and types are those of examples/alibaba (id, timestamp, cpu, mem, net_in, net_out, disk, aid); values are
// random walks of the same ranges and steps. Eight files, each with an eighth of the entities; row groups of 131072
// rows, Snappy. The same arguments give the same files.
#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/writer.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace {

struct Shape {
  int entities = 0;
  std::int64_t rows_per_entity = 0;
  std::int64_t step_s = 0;
  std::string order;
};

/// A random walk, stretched to [low, high] and rounded to multiples of `quantum`.
std::vector<double> walk(std::mt19937_64& random, std::int64_t n, double low, double high, double quantum) {
  std::vector<double> x(static_cast<std::size_t>(n));
  double at = 0;
  for (double& value : x) {
    double step = -6;  // a sum of twelve uniforms: nearly normal, and the same on every platform
    for (int i = 0; i < 12; ++i) step += static_cast<double>(random() >> 11) * 0x1.0p-53;
    value = at += step;
  }
  const auto [min, max] = std::minmax_element(x.begin(), x.end());
  const double base = *min;
  const double scale = (high - low) / (*max - base + 1e-9);
  for (double& value : x) value = std::round(((value - base) * scale + low) / quantum) * quantum;
  return x;
}

struct Columns {
  std::vector<std::string> id;
  std::vector<std::int64_t> timestamp, mem, aid;
  std::vector<double> cpu, net_in, net_out, disk;
};

Columns make_columns(const Shape& shape, int first, int last) {
  Columns c;
  for (int entity = first; entity < last; ++entity) {
    std::mt19937_64 random(static_cast<std::uint64_t>(entity) * 1'000'003 + 7);
    const std::int64_t n = shape.rows_per_entity;
    const auto append = [](std::vector<double>& to, const std::vector<double>& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    append(c.cpu, walk(random, n, 0, 100, 1));
    for (const double value : walk(random, n, 20, 95, 1)) c.mem.push_back(static_cast<std::int64_t>(value));
    append(c.net_in, walk(random, n, 0, 5, 0.01));
    append(c.net_out, walk(random, n, 0, 5, 0.01));
    append(c.disk, walk(random, n, 0, 60, 1));
    for (std::int64_t i = 0; i < n; ++i) {
      c.id.push_back("c_" + std::to_string(entity));
      c.timestamp.push_back(86400 + i * shape.step_s);
      c.aid.push_back(1000 + entity / 4);
    }
  }
  for (std::vector<double>* hundredths : {&c.net_in, &c.net_out}) {
    for (double& value : *hundredths) value = std::round(value * 100) / 100;
  }
  return c;
}

std::vector<std::size_t> order_of(const Columns& c, const std::string& order) {
  std::vector<std::size_t> rows(c.timestamp.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  if (order == "time") {
    std::stable_sort(rows.begin(), rows.end(),
                     [&](std::size_t a, std::size_t b) { return c.timestamp[a] < c.timestamp[b]; });
  } else if (order == "random") {
    std::mt19937_64 random(11);
    for (std::size_t i = rows.size(); i > 1; --i) std::swap(rows[i - 1], rows[random() % i]);
  }
  return rows;
}

template <typename Builder, typename T>
std::shared_ptr<arrow::Array> to_array(const std::vector<T>& values, const std::vector<std::size_t>& rows) {
  Builder builder;
  if (!builder.Reserve(static_cast<std::int64_t>(rows.size())).ok()) std::abort();
  for (const std::size_t row : rows) {
    if (!builder.Append(values[row]).ok()) std::abort();
  }
  return builder.Finish().ValueOrDie();
}

void write_file(const Shape& shape, int first, int last, const std::string& path) {
  const Columns c = make_columns(shape, first, last);
  const std::vector<std::size_t> rows = order_of(c, shape.order);
  const auto schema =
      arrow::schema({arrow::field("id", arrow::utf8()), arrow::field("timestamp", arrow::int64()),
                     arrow::field("cpu", arrow::float64()), arrow::field("mem", arrow::int64()),
                     arrow::field("net_in", arrow::float64()), arrow::field("net_out", arrow::float64()),
                     arrow::field("disk", arrow::float64()), arrow::field("aid", arrow::int64())});
  const auto table = arrow::Table::Make(
      schema, {to_array<arrow::StringBuilder>(c.id, rows), to_array<arrow::Int64Builder>(c.timestamp, rows),
               to_array<arrow::DoubleBuilder>(c.cpu, rows), to_array<arrow::Int64Builder>(c.mem, rows),
               to_array<arrow::DoubleBuilder>(c.net_in, rows), to_array<arrow::DoubleBuilder>(c.net_out, rows),
               to_array<arrow::DoubleBuilder>(c.disk, rows), to_array<arrow::Int64Builder>(c.aid, rows)});
  const auto properties = parquet::WriterProperties::Builder().compression(parquet::Compression::SNAPPY)->build();
  const auto file = arrow::io::FileOutputStream::Open(path).ValueOrDie();
  if (!parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), file, 1 << 17, properties).ok()) std::abort();
  if (!file->Close().ok()) std::abort();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: generate OUT ENTITIES DAYS STEP_SECONDS [series|time|random]\n");
    return 2;
  }
  Shape shape{std::atoi(argv[2]), 0, std::atoll(argv[4]), argc > 5 ? argv[5] : "series"};
  shape.rows_per_entity = static_cast<std::int64_t>(std::atof(argv[3]) * 86400) / shape.step_s;
  std::filesystem::create_directories(argv[1]);
  const int per_file = std::max(1, (shape.entities + 7) / 8);
  for (int first = 0, file = 0; first < shape.entities; first += per_file, ++file) {
    char name[32];
    std::snprintf(name, sizeof name, "/usage_%04d.parquet", file);
    write_file(shape, first, std::min(first + per_file, shape.entities), argv[1] + std::string(name));
  }
  std::printf("%lld rows, %lld samples\n", static_cast<long long>(shape.entities * shape.rows_per_entity),
              static_cast<long long>(5 * shape.entities * shape.rows_per_entity));
}
