// Rows written down in a test as SampleBatch; only for tests.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/sample_batch.h"

namespace promfill {

/// A row with one value per metric; nulls are empty.
struct TestRow {
  std::string entity;  ///< value of the label "id"
  std::int64_t t_ms = 0;
  std::vector<std::optional<double>> values;
};

/// Codes of entities that hold over several batches.
struct EntityNumbers {
  std::shared_ptr<const void> identity = std::make_shared<int>();
  std::map<std::string, std::uint32_t> codes{};
};

/// What stands for each value of a metric that holds records.
using TestRecords = Bytes (*)(double value);

/// A batch of `rows` as mapping makes it: runs of equal entities, validity bitmaps where something is null, cells
/// counted. A metric that no row has is left out.
inline SampleBatch make_batch(std::span<const TestRow> rows, EntityNumbers* numbers = nullptr,
                              const std::map<std::uint32_t, TestRecords>& records = {}) {
  SampleBatch batch;
  const std::size_t metrics = rows.empty() ? 0 : rows.front().values.size();
  batch.owned_values.resize(metrics);
  batch.owned_validity.resize(metrics, std::vector<std::uint8_t>(rows.size() / 8 + 1));
  std::vector<std::size_t> present(metrics);
  std::map<std::string, std::uint32_t> seen;
  if (numbers != nullptr) batch.numbering = numbers->identity;
  for (std::uint32_t row = 0; row < rows.size(); ++row) {
    const TestRow& r = rows[row];
    const auto [at, added] = seen.emplace(r.entity, static_cast<std::uint32_t>(seen.size()));
    if (added) {
      const auto begin = static_cast<std::uint32_t>(batch.keys.size());
      const Label label{"id", r.entity};
      if (!r.entity.empty()) encode_entity_key(std::span(&label, 1), batch.keys);
      const auto end = static_cast<std::uint32_t>(batch.keys.size());
      batch.entities.push_back({hash_entity_key(std::string_view(batch.keys).substr(begin)), begin, end});
      if (numbers != nullptr) {
        const auto next = static_cast<std::uint32_t>(numbers->codes.size());
        batch.entities.back().code = numbers->codes.emplace(r.entity, next).first->second;
      }
    }
    const std::uint32_t entity = at->second;
    if (batch.runs.empty() || batch.runs.back().entity != entity) batch.runs.push_back({entity, row, row});
    batch.runs.back().end = row + 1;
    batch.times_ms.push_back(r.t_ms);
    for (std::size_t m = 0; m < metrics; ++m) {
      batch.owned_values[m].push_back(r.values[m].value_or(0));
      if (!r.values[m]) continue;
      std::uint8_t& bits = batch.owned_validity[m][row / 8];
      bits = static_cast<std::uint8_t>(bits | (1U << (row % 8)));
      ++present[m];
    }
  }
  for (std::uint32_t m = 0; m < metrics; ++m) {
    if (present[m] == 0) continue;
    const bool whole = present[m] == rows.size();
    MetricColumn& column = batch.metrics.emplace_back();
    column.metric = m;
    column.values = batch.owned_values[m].data();
    column.validity = whole ? nullptr : batch.owned_validity[m].data();
    if (const auto held = records.find(m); held != records.end()) {
      RecordColumn& bodies = *batch.owned_records.emplace_back(std::make_unique<RecordColumn>());
      for (const TestRow& row : rows) {
        const Bytes body = row.values[m] ? held->second(*row.values[m]) : Bytes();
        bodies.bodies.insert(bodies.bodies.end(), body.begin(), body.end());
        bodies.ends.push_back(bodies.bodies.size());
      }
      column.values = nullptr;
      column.records = &bodies;
    }
    batch.judged.nulls += rows.size() - present[m];
    batch.judged.cells += rows.size();
  }
  batch.judged.rows_read = rows.size();
  return batch;
}

}  // namespace promfill
