// See started_values.h.
#include "distribution/started_values.h"

#include <bit>
#include <cmath>
#include <map>
#include <string>

#include "calendar/row_times.h"
#include "histogram/sample_record.h"

namespace promfill {
namespace {

bool is_true(const ColumnView& column, std::int64_t row) {
  if (!column.valid(row)) return false;
  return column.kind == ColumnKind::kBool ? column.boolean(row) : real_number(column, row).value_or(0) != 0;
}

/// Of whole numbers. Beyond 2^63 a double's value doesn't fit them, but then it is another one, too.
template <typename N>
bool is_exact(N number) {
  const auto as_double = static_cast<double>(number);
  return static_cast<__float128>(as_double) == static_cast<__float128>(number);
}

bool is_exact(const ColumnView& column, std::int64_t row) {
  if (column.kind == ColumnKind::kInt64) return is_exact(column.int64s()[row]);
  return column.kind != ColumnKind::kUint64 || is_exact(column.uint64s()[row]);
}

class Reading {
 public:
  Reading(const StartedColumns& columns, const ColumnBatch& batch, const TimeReading& times,
          const StartedValueRules& rules)
      : columns_(columns), batch_(batch), times_(times), rules_(rules) {
    for (const BadCell& bad : batch.bad_cells) {
      if (bad.column == columns.value || bad.column == columns.start) bad_cells_.emplace(bad.row, bad.text);
    }
  }

  StartedValues run(std::span<const std::int64_t> times_ms) {
    out_.cells.validity.resize(static_cast<std::size_t>((batch_.rows + 7) / 8));
    out_.cells.records.ends.reserve(static_cast<std::size_t>(batch_.rows));
    ByteWriter bodies;
    for (std::int64_t row = 0; row < batch_.rows; ++row) {
      StartedSample sample;
      if (read(row, times_ms[static_cast<std::size_t>(row)], sample)) {
        encode_record_body(sample, bodies);
        std::uint8_t& bits = out_.cells.validity[static_cast<std::size_t>(row / 8)];
        bits = static_cast<std::uint8_t>(bits | (1U << (row % 8)));
      }
      out_.cells.records.ends.push_back(bodies.size());
    }
    out_.cells.records.bodies = std::move(bodies).take();
    return std::move(out_);
  }

 private:
  /// False: the row has no value, or a bad one, and is counted.
  bool read(std::int64_t row, std::int64_t time_ms, StartedSample& sample) {
    const ColumnView& values = batch_.columns[columns_.value];
    if (columns_.stale && is_true(batch_.columns[*columns_.stale], row)) {
      sample.sample.value = std::bit_cast<double>(kStaleNanBits);
      return true;
    }
    if (const auto bad = bad_cells_.find(row); bad != bad_cells_.end()) {
      return refuse(row, "invalid_number", bad->second);
    }
    if (!values.valid(row)) return skip();
    sample.sample.value = *real_number(values, row);
    if (rules_.nan_is_null && std::isnan(sample.sample.value)) return skip();
    if (!is_exact(values, row)) {
      if (rules_.inexact_is_bad) return refuse(row, "inexact_value", "");
      ++out_.rounded;
    }
    return read_start(row, time_ms, sample.start);
  }

  bool read_start(std::int64_t row, std::int64_t time_ms, Timestamp& out) {
    if (!columns_.start || !batch_.columns[*columns_.start].valid(row)) return true;
    const RowTime start = time_of_row(batch_.columns[*columns_.start], row, times_.unit, times_.offset_ms);
    if (start.trouble != TimeTrouble::kNone) return refuse(row, "invalid_start_time", "");
    if (start.time != Timestamp() && start.time < rules_.start_min) {
      return refuse(row, "implausible_start_time", to_string(start.time));
    }
    if (start.time.ms > time_ms) return refuse(row, "start_after_sample", to_string(start.time));
    out = start.time;
    return true;
  }

  bool skip() {
    ++out_.cells.nulls;
    return false;
  }
  bool refuse(std::int64_t row, std::string_view reason, std::string detail) {
    out_.cells.bad.push_back({static_cast<std::uint32_t>(row), reason, std::move(detail)});
    return false;
  }

  const StartedColumns& columns_;
  const ColumnBatch& batch_;
  const TimeReading& times_;
  const StartedValueRules& rules_;
  std::map<std::int64_t, std::string> bad_cells_;  // a cell that came as null is not one without a value
  StartedValues out_;
};

}  // namespace

StartedValues read_started_values(const StartedColumns& columns, const ColumnBatch& batch,
                                  std::span<const std::int64_t> times_ms, const TimeReading& times,
                                  const StartedValueRules& rules) {
  return Reading(columns, batch, times, rules).run(times_ms);
}

}  // namespace promfill
