// Rows written down in a test as SampleBatch; only for tests.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/sample_batch.h"

namespace promfill {

/// A row with one value per metric; NaN-boxed nulls are `null` entries.
struct TestRow {
  std::string entity;  ///< value of the label "id"
  std::int64_t t_ms = 0;
  std::vector<std::optional<double>> values;
};

/// A batch of `rows` as mapping makes it: runs of equal entities, validity bitmaps where something is null, cells
/// counted.
inline SampleBatch make_batch(std::span<const TestRow> rows) {
  SampleBatch batch;
  const std::size_t metrics = rows.empty() ? 0 : rows.front().values.size();
  batch.owned_values.resize(metrics);
  batch.owned_validity.resize(metrics);
  std::vector<std::string> seen;
  for (std::uint32_t row = 0; row < rows.size(); ++row) {
    const TestRow& r = rows[row];
    auto at = std::find(seen.begin(), seen.end(), r.entity);
    if (at == seen.end()) {
      const auto begin = static_cast<std::uint32_t>(batch.keys.size());
      const Label label{"id", r.entity};
      if (!r.entity.empty()) encode_entity_key(std::span(&label, 1), batch.keys);
      const auto end = static_cast<std::uint32_t>(batch.keys.size());
      batch.entities.push_back({hash_entity_key(std::string_view(batch.keys).substr(begin)), begin, end});
      seen.push_back(r.entity);
      at = seen.end() - 1;
    }
    const auto entity = static_cast<std::uint32_t>(at - seen.begin());
    if (batch.runs.empty() || batch.runs.back().entity != entity) batch.runs.push_back({entity, row, row});
    batch.runs.back().end = row + 1;
    batch.times_ms.push_back(r.t_ms);
    ++batch.judged.rows_read;
    for (std::size_t m = 0; m < metrics; ++m) {
      batch.owned_values[m].push_back(r.values[m].value_or(0));
      batch.owned_validity[m].resize(row / 8 + 1);
      if (r.values[m]) {
        batch.owned_validity[m][row / 8] =
            static_cast<std::uint8_t>(batch.owned_validity[m][row / 8] | (1U << (row % 8)));
      } else {
        ++batch.judged.nulls;
      }
      ++batch.judged.cells;
    }
  }
  for (std::uint32_t m = 0; m < metrics; ++m) {
    batch.metrics.push_back({m, batch.owned_values[m].data(), batch.owned_validity[m].data(), 0});
  }
  return batch;
}

}  // namespace promfill
