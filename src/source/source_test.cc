// Goal: the boundary of source.h is all that a new kind of source needs. Method: a table in memory implements it, and
// its rows go through inference, plan and mapping as those of a file do.
#include "source/source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "mapping/row_mapper.h"
#include "model/column_fixture.h"

namespace promfill {
namespace {

/// A whole source: a schema, pieces of three rows, batches.
class MemorySource final : public Source {
 public:
  explicit MemorySource(FixtureTable table) : table_(std::move(table)), schema_(table_.schema()) {
    for (std::size_t row = 0; row < table_.rows(); row += kPieceRows) {
      PieceInfo piece;
      piece.rows = static_cast<std::int64_t>(std::min(kPieceRows, table_.rows() - row));
      piece.first_row = static_cast<std::int64_t>(row) + 1;
      pieces_.push_back(piece);
    }
  }

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] const SourceSchema& schema() const override { return schema_; }
  [[nodiscard]] std::span<const PieceInfo> pieces() const override { return pieces_; }

  Result<std::unique_ptr<BatchReader>> read(std::size_t piece, std::span<const ColumnRequest> columns,
                                            std::int64_t batch_rows) override {
    const std::size_t begin = piece * kPieceRows;
    const std::size_t end = std::min(begin + kPieceRows, table_.rows());
    return std::unique_ptr<BatchReader>(std::make_unique<Reader>(table_, columns, begin, end, batch_rows));
  }

 private:
  static constexpr std::size_t kPieceRows = 3;

  class Reader final : public BatchReader {
   public:
    Reader(const FixtureTable& table, std::span<const ColumnRequest> columns, std::size_t begin, std::size_t end,
           std::int64_t batch_rows)
        : table_(table),
          columns_(columns.begin(), columns.end()),
          at_(begin),
          end_(end),
          batch_rows_(static_cast<std::size_t>(batch_rows)) {}

    Result<std::optional<ColumnBatch>> next() override {
      if (at_ == end_) return std::optional<ColumnBatch>();
      const std::size_t begin = at_;
      at_ = std::min(at_ + batch_rows_, end_);
      return std::optional(table_.batch(columns_, begin, at_));
    }

   private:
    const FixtureTable& table_;
    std::vector<ColumnRequest> columns_;
    std::size_t at_;
    std::size_t end_;
    std::size_t batch_rows_;
  };

  std::string name_ = "memory";
  FixtureTable table_;
  SourceSchema schema_;
  std::vector<PieceInfo> pieces_;
};

TEST(Source, ATableInMemoryIsEnough) {
  std::vector<Cell> hosts;
  std::vector<Cell> times;
  std::vector<Cell> loads;
  for (std::int64_t row = 0; row < 8; ++row) {
    hosts.emplace_back(std::string(row % 2 == 0 ? "a" : "b"));
    times.emplace_back(1'583'020'800'000 + row);
    loads.emplace_back(static_cast<double>(row));
  }
  MemorySource memory(FixtureTable({{"host", ColumnKind::kUtf8, hosts},
                                    {"ts", ColumnKind::kTimestamp, times},
                                    {"load", ColumnKind::kDouble, loads}}));
  Source& source = memory;

  const auto complete = complete_mapping({}, source.schema());
  ASSERT_TRUE(complete) << complete.error().text();
  const auto plan =
      Plan::compile(*complete, source.schema(), source.name(),
                    {.time_unit = {}, .min_time = {}, .max_time = {}, .now = Timestamp{1'600'000'000'000}});
  ASSERT_TRUE(plan) << plan.error().text();

  std::map<std::string, std::vector<double>> values;  // by entity key
  std::uint64_t rows = 0;
  ASSERT_EQ(source.pieces().size(), 3U);
  for (std::size_t piece = 0; piece < source.pieces().size(); ++piece) {
    auto reader = source.read(piece, plan->columns(), 2);
    ASSERT_TRUE(reader) << reader.error().text();
    RowMapper mapper(*plan);
    while (true) {
      auto batch = (*reader)->next();
      ASSERT_TRUE(batch) << batch.error().text();
      if (!batch->has_value()) break;
      EXPECT_EQ((*batch)->first_row, static_cast<std::int64_t>(rows) + 1);
      const auto samples = mapper.map(std::move(**batch));
      ASSERT_TRUE(samples) << samples.error().text();
      rows += samples->judged.rows_read;
      for (const EntityRun& run : samples->runs) {
        for (std::uint32_t row = run.begin; row < run.end; ++row) {
          values[std::string(samples->key(samples->entities[run.entity]))].push_back(samples->metrics[0].values[row]);
        }
      }
    }
  }
  EXPECT_EQ(rows, 8U);
  ASSERT_EQ(values.size(), 2U);
  EXPECT_EQ(values.begin()->second, (std::vector<double>{0, 2, 4, 6}));
  EXPECT_EQ(values.rbegin()->second, (std::vector<double>{1, 3, 5, 7}));
}

}  // namespace
}  // namespace promfill
