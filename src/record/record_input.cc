// See record_input.h.
#include "record/record_input.h"

#include <algorithm>
#include <array>
#include <utility>

#include "calendar/time_unit.h"

namespace promfill {
namespace {

constexpr std::size_t kJudgedRows = 1 << 14;

std::string_view enumerator(TimeUnit unit) {
  constexpr std::array<std::string_view, 4> kNames{"seconds", "milliseconds", "microseconds", "nanoseconds"};
  return kNames[static_cast<std::size_t>(unit)];
}

/// Guard the job against a wrong unit. @return whether any row had a time.
Result<bool> judge_first_times(const RecordPlan& plan, const RecordTable& table) {
  const RecordType::Time& time = plan.type.time;
  const std::size_t rows = std::min(table.count, kJudgedRows);
  std::vector<std::int64_t> values(rows);
  std::vector<std::uint8_t> validity((rows + 7) / 8);
  ColumnView times;
  const RecordType::Time::Counts counts =
      time.read({.rows = table.rows, .begin = 0, .end = rows}, values.data(), validity.data());
  times.kind = counts.are_doubles ? ColumnKind::kDouble : ColumnKind::kInt64;
  times.values = values.data();
  times.null_count = static_cast<std::int64_t>(counts.nulls);
  if (times.null_count > 0) times.validity = validity.data();
  ColumnType type;
  type.kind = times.kind;
  TimestampMapping mapping;
  mapping.column = time.member;
  mapping.unit = time.unit;
  const auto count = static_cast<std::int64_t>(rows);
  Result<TimeDecision> decision = judge_times(times, count, type, mapping, plan.guard);
  if (decision) return decision->times_judged > 0;
  Error error = std::move(decision).error();
  error.where = plan.type.name;
  error.hint = "if they are right, set BackfillOptions::allow_implausible_times";
  if (time.unit_is_of_type) return error;
  for (const TimeUnit other :
       {TimeUnit::kSeconds, TimeUnit::kMilliseconds, TimeUnit::kMicroseconds, TimeUnit::kNanoseconds}) {
    mapping.unit = other;
    if (!judge_times(times, count, type, mapping, plan.guard)) continue;
    error.hint = "they look like " + std::string(enumerator(other)) + ": say promfill::timestamp<&" + plan.type.name +
                 "::" + time.member + ">(promfill::TimeUnit::" + std::string(enumerator(other)) + ") in the schema";
    break;
  }
  return error;
}

/// `count` rows of `rows`, from `begin` on.
RecordRows slice(const RecordRows& rows, std::size_t begin, std::int64_t count) {
  RecordRows some = rows;
  some.first += begin;
  some.count = std::min(static_cast<std::size_t>(count), rows.count - begin);
  some.first_row += static_cast<std::int64_t>(begin);
  return some;
}

}  // namespace

Result<RecordRows> FirstRows::admit(const RecordTable& table) {
  OfType& type = of_type_[table.type];
  const RecordType& what = plans_[table.type].type;
  if (what.check) PROMFILL_TRY_STATUS(what.check(table.rows, table.count));
  if (!type.judged && table.count > 0) {
    PROMFILL_TRY(type.judged, judge_first_times(plans_[table.type], table));
  }
  const std::int64_t first_row = type.next_row;
  type.next_row += static_cast<std::int64_t>(table.count);
  return RecordRows{.rows = table.rows,
                    .count = table.count,
                    .first_row = first_row,
                    .rows_stay = table.rows_stay,
                    .owner = table.owner};
}

// ---- tables of a stream

class TableInput::TableProducer final : public Producer {
 public:
  TableProducer(TableInput& input, const ProducerOptions& options)
      : input_(input), options_(options), mappers_(input.plans_.size()) {}

  Result<bool> begin(std::size_t piece) override {
    at_ = 0;
    return input_.order_.take(piece, [this]() -> Result<bool> {
      PROMFILL_TRY(std::optional<RecordTable> table, input_.tables_.next());
      if (!table) return false;
      PROMFILL_TRY(rows_, input_.first_rows_.admit(*table));
      type_ = table->type;
      return true;
    });
  }

  Result<std::optional<SampleBatch>> next() override {
    if (zero_starts_) {
      zero_starts_->charge = MemoryCharge(*options_.budget);
      return std::exchange(zero_starts_, std::nullopt);
    }
    if (at_ >= rows_.count) {
      rows_.owner.reset();  // their memory is the program's
      return std::optional<SampleBatch>();
    }
    const RecordPlan& plan = input_.plans_[type_];
    std::optional<Mapper>& mapper = mappers_[type_];
    if (!mapper) mapper.emplace(plan, options_);
    const RecordRows rows = slice(rows_, at_, options_.batch_rows);
    PROMFILL_TRY(SampleBatch batch, mapper->rows.map(rows, options_.used->take()));
    at_ += rows.count;
    mapper->charge.resize(mapper->rows.memory_bytes());
    zero_starts_ = mapper->rows.take_zero_starts();
    return std::optional(std::move(batch));
  }

 private:
  struct Mapper {
    Mapper(const RecordPlan& plan, const ProducerOptions& options)
        : rows(plan, options.remembered_bytes), charge(*options.budget) {}
    RecordMapper rows;
    MemoryCharge charge;
  };

  TableInput& input_;
  ProducerOptions options_;
  std::vector<std::optional<Mapper>> mappers_;  // by type
  std::uint32_t type_ = 0;
  RecordRows rows_;
  std::size_t at_ = 0;
  std::optional<SampleBatch> zero_starts_;  // of the last batch
};

std::unique_ptr<Producer> TableInput::producer(const ProducerOptions& options) {
  return std::make_unique<TableProducer>(*this, options);
}

std::string TableInput::where(std::size_t piece) const { return "table " + std::to_string(piece + 1); }

void TableInput::cancel() {
  order_.end();
  tables_.cancel();
}

// ---- rows that are appended

class AppendedInput::BatchProducer final : public Producer {
 public:
  BatchProducer(AppendedInput& input, const ProducerOptions& options) : input_(input), options_(options) {}

  Result<bool> begin(std::size_t piece) override {
    return input_.order_.take(piece, [this]() -> Result<bool> {
      batch_ = input_.batches_.pop();
      return batch_.has_value();
    });
  }

  Result<std::optional<SampleBatch>> next() override {
    std::optional<SampleBatch> batch = std::exchange(batch_, std::nullopt);
    if (!batch) return batch;
    batch->charge = MemoryCharge(*options_.budget);
    input_.give_used(options_.used->take());
    return batch;
  }

 private:
  AppendedInput& input_;
  ProducerOptions options_;
  std::optional<SampleBatch> batch_;
};

Status AppendedInput::append(const RecordTable& table) {
  Result<RecordRows> rows = [&] {
    const std::scoped_lock lock(mutex_);
    return first_rows_.admit(table);
  }();
  if (!rows) return std::move(rows).error();
  std::unique_ptr<RecordMapper> mapper = take_mapper(table.type);
  for (std::size_t at = 0; at < rows->count;) {
    const RecordRows some = slice(*rows, at, options_.batch_rows);
    PROMFILL_TRY(SampleBatch batch, mapper->map(some, take_used()));
    std::optional<SampleBatch> zeros = mapper->take_zero_starts();
    if (!batches_.push(std::move(batch)) || (zeros && !batches_.push(*std::move(zeros)))) {
      return Error{ErrorCode::kStopped, "append rows: the job has ended", "", ""};
    }
    at += some.count;
  }
  give_mapper(table.type, std::move(mapper));
  return {};
}

std::unique_ptr<RecordMapper> AppendedInput::take_mapper(std::uint32_t type) {
  const std::scoped_lock lock(mutex_);
  auto& idle = mappers_[type];
  if (idle.empty()) return std::make_unique<RecordMapper>(plans_[type], options_.remembered_bytes);
  std::unique_ptr<RecordMapper> mapper = std::move(idle.back());
  idle.pop_back();
  return mapper;
}

void AppendedInput::give_mapper(std::uint32_t type, std::unique_ptr<RecordMapper> mapper) {
  const std::scoped_lock lock(mutex_);
  mappers_[type].push_back(std::move(mapper));
}

SampleBatch AppendedInput::take_used() {
  const std::scoped_lock lock(mutex_);
  if (used_.empty()) return {};
  SampleBatch batch = std::move(used_.back());
  used_.pop_back();
  return batch;
}

void AppendedInput::give_used(SampleBatch batch) {
  const std::scoped_lock lock(mutex_);
  used_.push_back(std::move(batch));
}

std::unique_ptr<Producer> AppendedInput::producer(const ProducerOptions& options) {
  return std::make_unique<BatchProducer>(*this, options);
}

std::string AppendedInput::where(std::size_t /*piece*/) const { return "rows of append()"; }

void AppendedInput::cancel() {
  order_.end();
  batches_.cancel();
}

}  // namespace promfill
