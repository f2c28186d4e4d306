// See promfill/writer.h: samples wait in a table, whose rows are records that point at their series' labels.
#include "promfill/writer.h"

#include <deque>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "promfill/backfill.h"
#include "promfill/record_type.h"

namespace promfill {
inline namespace PROMFILL_ABI {
namespace {

constexpr std::size_t kTableRows = 1 << 16;
constexpr std::size_t kAnyRows = 1 << 12;  // they are larger
constexpr std::size_t kSeriesRemembered = 1 << 20;

struct Row {
  const Labels* labels = nullptr;
  std::int64_t time_ms = 0;
  double value = 0;
};

/// Of a writer of samples of any kind.
struct AnyRow {
  const Labels* labels = nullptr;
  std::int64_t time_ms = 0;
  AnySample sample;
  Timestamp start{};  // of a float
};

template <typename R>
RecordType::Time::Counts read_times(const RowRange& range, void* values, std::uint8_t* /*validity*/) {
  schema::for_each_row<R>(
      range, [values](std::size_t i, const R& row) { static_cast<std::int64_t*>(values)[i] = row.time_ms; });
  return {};
}

ColumnCounts read_values(const RowRange& range, double* values, std::uint8_t* /*validity*/) {
  schema::for_each_row<Row>(range, [values](std::size_t i, const Row& row) { values[i] = row.value; });
  return {};
}

RecordType::AnyValue any_value(const void* rows, std::size_t row) {
  const AnySample& sample = static_cast<const AnyRow*>(rows)[row].sample;
  const Timestamp start = static_cast<const AnyRow*>(rows)[row].start;
  if (const auto* number = std::get_if<Sample>(&sample)) return {.number = number->value, .start = start};
  if (const auto* integer = std::get_if<HistogramSample<Histogram>>(&sample)) {
    return {.integer = &integer->histogram, .start = integer->start};
  }
  const auto& floats = std::get<HistogramSample<FloatHistogram>>(sample);
  return {.floating_point = &floats.histogram, .start = floats.start};
}

template <typename R>
void mark_changes(const void* table, std::size_t first, std::size_t count, std::uint8_t* changed) {
  const R* const rows = static_cast<const R*>(table) + first;
  for (std::size_t i = 1; i < count; ++i) {
    changed[i] = static_cast<std::uint8_t>(rows[i].labels != rows[i - 1].labels);
  }
}

template <typename R>
void add_labels(const void* rows, std::size_t row, LabelSink& out) {
  for (const Label& label : *static_cast<const R*>(rows)[row].labels) out.add(label.name, label.value);
}

template <typename R>
RecordType type_of_rows() {
  RecordType type;
  type.name = "Sample";
  type.time.member = "time";
  type.time.unit = TimeUnit::kMilliseconds;
  type.time.read = &read_times<R>;
  RecordType::Metric& metric = type.metrics.emplace_back();
  metric.member = "value";
  metric.type = MetricType::kUntyped;
  if constexpr (std::is_same_v<R, AnyRow>) {
    metric.sample = &any_value;
  } else {
    metric.read = &read_values;
  }
  type.mark_changes = &mark_changes<R>;
  type.add_labels = &add_labels<R>;
  return type;
}

}  // namespace

struct Writer::State {
  State(RecordJob made, bool any) : job(std::move(made)), takes_any(any) {}

  const Labels* intern(const Labels& labels) {
    if (last != nullptr && *last == labels) return last;
    const auto [at, is_new] = by_text.try_emplace(labels.text(), nullptr);
    if (is_new) at->second = &series.emplace_back(labels);
    return last = at->second;
  }

  Status flush() {
    const void* const table = takes_any ? static_cast<const void*>(any_rows.data()) : rows.data();
    const Status status = job.append({.type = 0, .rows = table, .count = takes_any ? any_rows.size() : rows.size()});
    rows.clear();
    any_rows.clear();
    if (series.size() > kSeriesRemembered) {
      by_text.clear();
      series.clear();
      last = nullptr;
    }
    return status;
  }

  RecordJob job;
  std::deque<Labels> series;
  std::unordered_map<std::string, const Labels*> by_text;
  const Labels* last = nullptr;
  bool takes_any = false;
  std::vector<Row> rows;
  std::vector<AnyRow> any_rows;  // instead
};

Result<Writer> Writer::create(const BackfillOptions& options) {
  PROMFILL_TRY(RecordJob job, RecordJob::create_for_samples(type_of_rows<Row>(), options));
  return Writer(std::make_unique<State>(std::move(job), false));
}

Result<Writer> Writer::create_for_any(const BackfillOptions& options) {
  PROMFILL_TRY(RecordJob job, RecordJob::create_for_samples(type_of_rows<AnyRow>(), options));
  return Writer(std::make_unique<State>(std::move(job), true));
}

Writer::Writer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Writer::Writer(Writer&& other) noexcept = default;
Writer& Writer::operator=(Writer&& other) noexcept = default;
Writer::~Writer() = default;

Status Writer::append(const Labels& labels, Timestamp time, double value) {
  const Sample sample{time, value};
  return append(labels, std::span(&sample, 1));
}

Status Writer::append(const Labels& labels, std::span<const Sample> samples) {
  State& state = *state_;
  for (const Sample& sample : samples) {
    if (state.takes_any) {
      PROMFILL_TRY_STATUS(append(labels, AnySample(sample)));
      continue;
    }
    state.rows.push_back({state.intern(labels), sample.time.ms, sample.value});
    if (state.rows.size() >= kTableRows) PROMFILL_TRY_STATUS(state.flush());
  }
  return {};
}

Status Writer::append(const Labels& labels, const AnySample& sample) {
  State& state = *state_;
  if (!state.takes_any) {
    if (const auto* number = std::get_if<Sample>(&sample)) return append(labels, std::span(number, 1));
    return Error{ErrorCode::kUsage, "append a native histogram: this is a writer of floats", labels.text(),
                 "make it with Writer::create_for_any"};
  }
  const Timestamp time = std::visit([](const auto& one) { return one.time; }, sample);
  state.any_rows.push_back({state.intern(labels), time.ms, sample});
  return state.any_rows.size() < kAnyRows ? Status() : state.flush();
}

Status Writer::append(const Labels& labels, const Sample& sample, Timestamp start) {
  State& state = *state_;
  if (!state.takes_any) {
    return Error{ErrorCode::kUsage, "append a sample with a start time: this is a writer of floats alone",
                 labels.text(), "make it with Writer::create_for_any"};
  }
  state.any_rows.push_back({state.intern(labels), sample.time.ms, sample, start});
  return state.any_rows.size() < kAnyRows ? Status() : state.flush();
}

Result<Report> Writer::finish() {
  if (!state_->rows.empty() || !state_->any_rows.empty()) {
    if (Status flushed = state_->flush(); !flushed && flushed.error().code != ErrorCode::kStopped) {
      (void)state_->job.finish();
      return std::move(flushed).error();
    }
  }
  return state_->job.finish();
}

void Writer::stop() { state_->job.stop(); }
Stats Writer::stats() const { return state_->job.stats(); }

}  // namespace PROMFILL_ABI
}  // namespace promfill
