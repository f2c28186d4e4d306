#include <algorithm>
#include <map>
#include <random>

#include "block_staging.h"
#include "block_writing.h"
#include "ingest/ingest.h"
#include "store/sample_batch.h"

namespace promfill {
namespace {

/// A sample as a row of a table: its metric is the series' __name__, its entity the other labels.
struct Row {
  std::uint32_t series = 0;
  Sample sample;
};

struct Table {
  std::vector<MetricDef> metrics;
  std::vector<std::uint32_t> metric_of;  // by series
  std::vector<std::string> key_of;
};

Result<Table> make_table(std::span<const InputSeries> input) {
  Table table;
  std::map<std::string, std::uint32_t, std::less<>> metric_ids;
  for (const InputSeries& series : input) {
    const std::string name(series.labels.get(kMetricName));
    const auto [at, added] = metric_ids.emplace(name, static_cast<std::uint32_t>(table.metrics.size()));
    if (added) {
      PROMFILL_TRY(Labels labels, Labels::create({{std::string(kMetricName), name}}));
      table.metrics.push_back({std::move(labels), MetricType::kGauge});
    }
    std::vector<Label> entity(series.labels.begin(), series.labels.end());
    std::erase_if(entity, [](const Label& label) { return label.name == kMetricName; });
    table.metric_of.push_back(at->second);
    encode_entity_key(entity, table.key_of.emplace_back());
  }
  return table;
}

std::vector<Row> rows_in_order(std::span<const InputSeries> input, const Feeding& feeding, std::mt19937_64& random) {
  std::vector<Row> rows;
  for (std::uint32_t i = 0; i < input.size(); ++i) {
    for (const Sample& sample : input[i].samples) rows.push_back({i, sample});
  }
  if (feeding.order == Feeding::Order::kShuffled) std::ranges::shuffle(rows, random);
  if (feeding.order == Feeding::Order::kTime) {
    std::ranges::stable_sort(rows, {}, [](const Row& row) { return row.sample.time; });
  }
  return rows;
}

/// A batch with a column for each metric that occurs in `rows`, of which every row has one.
SampleBatch make_batch(const Table& table, std::span<const Row> rows) {
  SampleBatch batch;
  std::map<std::uint32_t, std::size_t> columns;        // by metric
  std::map<std::string_view, std::uint32_t> entities;  // by key
  for (const Row& row : rows) columns.emplace(table.metric_of[row.series], columns.size());
  batch.owned_values.assign(columns.size(), std::vector<double>(rows.size()));
  batch.owned_validity.assign(columns.size(), std::vector<std::uint8_t>(rows.size() / 8 + 1));
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    const std::string_view key = table.key_of[row.series];
    const auto [at, added] = entities.emplace(key, static_cast<std::uint32_t>(entities.size()));
    if (added) {
      const auto begin = static_cast<std::uint32_t>(batch.keys.size());
      batch.keys += key;
      batch.entities.push_back({hash_entity_key(key), begin, static_cast<std::uint32_t>(batch.keys.size())});
    }
    if (batch.runs.empty() || batch.runs.back().entity != at->second) batch.runs.push_back({at->second, i, i});
    batch.runs.back().end = i + 1;
    batch.times_ms.push_back(row.sample.time.ms);
    const std::size_t column = columns[table.metric_of[row.series]];
    batch.owned_values[column][i] = row.sample.value;
    batch.owned_validity[column][i / 8] |= static_cast<std::uint8_t>(1U << (i % 8));
  }
  for (const auto& [metric, column] : columns) {
    batch.metrics.push_back({metric, batch.owned_values[column].data(), batch.owned_validity[column].data(), 0});
  }
  batch.judged.rows_read = rows.size();
  batch.judged.cells = rows.size() * columns.size();
  batch.judged.nulls = batch.judged.cells - rows.size();
  return batch;
}

Status feed(Ingest& ingest, const Table& table, std::span<const Row> rows, const Feeding& feeding,
            std::mt19937_64& random) {
  while (!rows.empty()) {
    const std::size_t wanted = feeding.batch_rows_max == 0 ? rows.size() : 1 + random() % feeding.batch_rows_max;
    const std::size_t count = std::min(wanted, rows.size());
    const SampleBatch batch = make_batch(table, rows.first(count));
    for (std::uint32_t shard = 0; shard < ingest.shards(); ++shard) PROMFILL_TRY_STATUS(ingest.append(shard, batch));
    rows = rows.subspan(count);
  }
  for (std::uint32_t shard = 0; shard < ingest.shards(); ++shard) {
    PROMFILL_TRY_STATUS(ingest.advance(shard, kTimestampMax));
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> write_through_ingest(std::span<const InputSeries> input, const BlockWriting& writing,
                                                      const Feeding& feeding) {
  if (writing.one_block || writing.range_factor != 2) {
    return Error{.code = ErrorCode::kUsage,
                 .message = "ingest knows aligned blocks with a chunk range of twice theirs"};
  }
  PROMFILL_TRY_STATUS(create_directories(real_file_system(), writing.out));
  PROMFILL_TRY(const Table table, make_table(input));
  std::mt19937_64 random(feeding.seed);
  const std::vector<Row> rows = rows_in_order(input, feeding, random);
  MemoryBudget budget(feeding.memory_bytes);
  Ingest ingest({.block_duration = writing.block_duration,
                 .shards = feeding.shards,
                 .fs = &real_file_system(),
                 .spill_bytes_min = 1,
                 .scratch = writing.out,
                 .encoding = writing.encoding},
                table.metrics, budget);
  PROMFILL_TRY_STATUS(feed(ingest, table, rows, feeding, random));

  std::vector<std::string> directories;
  while (auto window = ingest.next_window()) {
    const Ulid ulid = block_ulid(directories.size());
    PROMFILL_TRY(std::string directory, stage_block(writing.out, ulid, [&](const std::string& staging) -> Status {
                   PROMFILL_TRY(const WrittenWindow written,
                                ingest.write_window(*std::move(window), real_file_system(), staging, ulid));
                   static_cast<void>(written);
                   return {};
                 }));
    directories.push_back(std::move(directory));
  }
  const Ledger ledger = ingest.ledger();
  if (!ledger.balances() || ledger.written != rows.size()) {
    return Error{.code = ErrorCode::kInternal, .message = "the ledger does not account for every sample"};
  }
  return directories;
}

}  // namespace promfill
