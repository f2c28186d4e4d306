// The limit that queries are measured against: let the driver deliver the rows, and do nothing with them.
//
//   sql_scan ADDRESS QUERY
//
// Prints the number of rows.
#include <cstdio>
#include <memory>
#include <utility>

#include "sql/connection.h"

namespace promfill::bench {
namespace {

Result<std::int64_t> drain(const std::string& text, const std::string& query) {
  PROMFILL_TRY(DatabaseAddress address, parse_database_address(text, ""));
  PROMFILL_TRY(const Driver driver, find_driver(address.driver, ""));
  PROMFILL_TRY(auto database, Database::open(std::move(address), driver));
  PROMFILL_TRY(const auto connection, Connection::open(database));
  PROMFILL_TRY(const auto stream, connection->query(query));
  std::int64_t rows = 0;
  while (true) {
    std::shared_ptr<arrow::RecordBatch> batch;
    const arrow::Status read = stream->ReadNext(&batch);
    if (!read.ok()) return database->failure(read, "query").error;
    if (batch == nullptr) return rows;
    rows += batch->num_rows();
  }
}

}  // namespace
}  // namespace promfill::bench

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: sql_scan ADDRESS QUERY\n");
    return 2;
  }
  const auto rows = promfill::bench::drain(argv[1], argv[2]);
  if (!rows) {
    std::fprintf(stderr, "sql_scan: %s\n", rows.error().text().c_str());
    return 1;
  }
  std::printf("%lld\n", static_cast<long long>(*rows));
}
