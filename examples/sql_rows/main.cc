// Rows of a database as records: a query a table, SQLite's C API here. NULL is a std::optional without a value, and
// makes no sample.
//
//   example_sql_rows [OUT]
#include <promfill/promfill.h>
#include <sqlite3.h>

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

struct Measurement {
  std::int64_t taken_at = 0;
  std::string station;
  std::optional<double> celsius;
  double humidity = 0;
};

using Database = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

constexpr const char* kMakeRows =
    "CREATE TABLE measurement(taken_at INTEGER, station TEXT, celsius REAL, humidity REAL);"
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2999)"
    "INSERT INTO measurement SELECT 1583020800000 + (i / 3) * 60000, 'station ' || (i % 3),"
    "  CASE WHEN i % 3 = 2 THEN NULL ELSE 20 + (i % 40) / 10.0 END, (i % 100) / 100.0 FROM n;";

promfill::Error failure(sqlite3* database) {
  return {promfill::ErrorCode::kIo, std::string("query: ") + sqlite3_errmsg(database), "", ""};
}

/// One station's rows.
promfill::Result<std::vector<Measurement>> query_station(sqlite3* database, int station) {
  sqlite3_stmt* raw = nullptr;
  const char* const sql =
      "SELECT taken_at, station, celsius, humidity FROM measurement WHERE station = 'station ' || ? ORDER BY taken_at";
  if (sqlite3_prepare_v2(database, sql, -1, &raw, nullptr) != SQLITE_OK) return failure(database);
  const Statement statement(raw, &sqlite3_finalize);
  sqlite3_bind_int(raw, 1, station);
  std::vector<Measurement> rows;
  int step = SQLITE_ROW;
  while ((step = sqlite3_step(raw)) == SQLITE_ROW) {
    Measurement& row = rows.emplace_back();
    row.taken_at = sqlite3_column_int64(raw, 0);
    row.station = reinterpret_cast<const char*>(sqlite3_column_text(raw, 1));
    if (sqlite3_column_type(raw, 2) != SQLITE_NULL) row.celsius = sqlite3_column_double(raw, 2);
    row.humidity = sqlite3_column_double(raw, 3);
  }
  if (step != SQLITE_DONE) return failure(database);
  return rows;
}

}  // namespace

template <>
struct promfill::Schema<Measurement> {
  static constexpr auto fields =
      promfill::fields(timestamp<&Measurement::taken_at>(TimeUnit::milliseconds), label<&Measurement::station>(),
                       field<&Measurement::celsius>("metric_type:gauge,metric_name:temperature_celsius"),
                       field<&Measurement::humidity>("metric_type:gauge,metric_name:humidity_ratio"));
};

int main(int argc, char** argv) {
  const std::string out = argc > 1 ? argv[1] : "tsdb";
  std::filesystem::remove_all(out);
  sqlite3* raw = nullptr;
  if (sqlite3_open(":memory:", &raw) != SQLITE_OK) return promfill::report_error(failure(raw));
  const Database database(raw, &sqlite3_close);
  if (sqlite3_exec(raw, kMakeRows, nullptr, nullptr, nullptr) != SQLITE_OK) return promfill::report_error(failure(raw));

  auto job = promfill::Backfill<Measurement>::create({.out = out, .block_duration = 24h});
  if (!job) return promfill::report_error(job.error());
  promfill::Channel<std::vector<Measurement>> tables{4};
  std::jthread producer([&] {
    for (int station = 0; station < 3; ++station) {
      auto rows = query_station(raw, station);
      if (!rows) return tables.fail(rows.error());  // the job ends with this error, and writes nothing
      if (!tables.send(*std::move(rows))) return;
    }
    tables.close();
  });
  const auto report = job->run(tables, {.tables_expected = 3});
  if (!report) return promfill::report_error(report.error());
  report->print(std::cout);
}
