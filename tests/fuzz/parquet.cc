// Parquet files, from their bytes to samples: opened, their mapping inferred, every batch read within a budget and
// mapped. What is read has as many rows as the file says, and each cell is a sample, a null or a reject.
#include "source/parquet.h"

#include <sys/mman.h>
#include <unistd.h>

#include <numeric>

#include "mapping/infer.h"
#include "mapping/metric_definitions.h"
#include "mapping/plan.h"
#include "mapping/row_mapper.h"
#include "target.h"

namespace promfill {
namespace {

constexpr std::int64_t kRowsMax = 100'000;
constexpr std::int64_t kBatchRows = 500;

/// A path to bytes in memory.
class FileInMemory {
 public:
  explicit FileInMemory(ByteView bytes) : descriptor_(::memfd_create("parquet", 0)) {
    FUZZ_EXPECT(descriptor_ != -1);
    FUZZ_EXPECT(::write(descriptor_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  FileInMemory(const FileInMemory&) = delete;
  FileInMemory& operator=(const FileInMemory&) = delete;
  ~FileInMemory() { ::close(descriptor_); }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

void check(const SampleBatch& batch, std::int64_t rows, std::size_t metrics) {
  FUZZ_EXPECT(batch.judged.rows_read == static_cast<std::uint64_t>(rows));
  FUZZ_EXPECT(batch.judged.cells == static_cast<std::uint64_t>(rows) * metrics);
  std::size_t in_runs = 0;
  for (const EntityRun& run : batch.runs) {
    FUZZ_EXPECT(run.entity < batch.entities.size() && run.begin <= run.end && run.end <= batch.times_ms.size());
    in_runs += run.end - run.begin;
  }
  FUZZ_EXPECT(in_runs == batch.times_ms.size() && in_runs <= static_cast<std::size_t>(rows));
  double touched = 0;  // for the sanitizers
  for (const MetricColumn& column : batch.metrics) {
    touched += std::accumulate(column.values, column.values + in_runs, 0.0);
  }
  (void)touched;
}

Status read(Source& source) {
  PROMFILL_TRY(const CompleteMapping mapping, complete_mapping({}, source.schema()));
  PROMFILL_TRY_STATUS(metric_definitions(mapping.mapping));
  PlanOptions options;
  options.time_unit = TimeUnit::kSeconds;
  PROMFILL_TRY(const Plan plan, Plan::compile(mapping, source.schema(), source.name(), options));
  RowMapper mapper(plan, 1 << 20);
  for (std::size_t piece = 0; piece < source.pieces().size(); ++piece) {
    const std::int64_t announced = source.pieces()[piece].rows;
    if (announced > kRowsMax) return {};
    PROMFILL_TRY(const auto reader, source.read(piece, plan.columns(), kBatchRows));
    std::int64_t rows = 0;
    while (true) {
      PROMFILL_TRY(std::optional<ColumnBatch> batch, reader->next());
      if (!batch) break;
      const std::int64_t batch_rows = batch->rows;
      rows += batch_rows;
      PROMFILL_TRY(const SampleBatch samples, mapper.map(*std::move(batch)));
      check(samples, batch_rows, plan.metrics().size());
    }
    FUZZ_EXPECT(rows == announced);
  }
  return {};
}

}  // namespace
}  // namespace promfill

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace promfill;
  const FileInMemory file({data, size});
  MemoryBudget budget(64 << 20);
  PagePool pages;
  const auto source = open_parquet(file.path(), {&budget, &pages});
  if (source) (void)read(**source);
  return 0;
}
