// See promfill/writer.h: samples wait in a table, whose rows are records that point at their series' labels.
#include "promfill/writer.h"

#include <deque>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "promfill/backfill.h"
#include "promfill/record_type.h"

namespace promfill {
inline namespace PROMFILL_ABI {
namespace {

constexpr std::size_t kTableRows = 1 << 16;
constexpr std::size_t kSeriesRemembered = 1 << 20;

struct Row {
  const Labels* labels = nullptr;
  std::int64_t time_ms = 0;
  double value = 0;
};

RecordType::Time::Counts read_times(const RowRange& range, void* values, std::uint8_t* /*validity*/) {
  schema::for_each_row<Row>(
      range, [values](std::size_t i, const Row& row) { static_cast<std::int64_t*>(values)[i] = row.time_ms; });
  return {};
}

ColumnCounts read_values(const RowRange& range, double* values, std::uint8_t* /*validity*/) {
  schema::for_each_row<Row>(range, [values](std::size_t i, const Row& row) { values[i] = row.value; });
  return {};
}

void mark_changes(const void* table, std::size_t first, std::size_t count, std::uint8_t* changed) {
  const Row* const rows = static_cast<const Row*>(table) + first;
  for (std::size_t i = 1; i < count; ++i) {
    changed[i] = static_cast<std::uint8_t>(rows[i].labels != rows[i - 1].labels);
  }
}

void add_labels(const void* rows, std::size_t row, LabelSink& out) {
  for (const Label& label : *static_cast<const Row*>(rows)[row].labels) out.add(label.name, label.value);
}

RecordType type_of_rows() {
  RecordType type;
  type.name = "Sample";
  type.time.member = "time";
  type.time.unit = TimeUnit::kMilliseconds;
  type.time.read = &read_times;
  RecordType::Metric& metric = type.metrics.emplace_back();
  metric.member = "value";
  metric.type = MetricType::kUntyped;
  metric.read = &read_values;
  type.mark_changes = &mark_changes;
  type.add_labels = &add_labels;
  return type;
}

}  // namespace

struct Writer::State {
  explicit State(RecordJob made) : job(std::move(made)) {}

  const Labels* intern(const Labels& labels) {
    if (last != nullptr && *last == labels) return last;
    const auto [at, is_new] = by_text.try_emplace(labels.text(), nullptr);
    if (is_new) at->second = &series.emplace_back(labels);
    return last = at->second;
  }

  Status flush() {
    const Status status = job.append({.type = 0, .rows = rows.data(), .count = rows.size()});
    rows.clear();
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
  std::vector<Row> rows;
};

Result<Writer> Writer::create(const BackfillOptions& options) {
  PROMFILL_TRY(RecordJob job, RecordJob::create_for_samples(type_of_rows(), options));
  return Writer(std::make_unique<State>(std::move(job)));
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
    state.rows.push_back({state.intern(labels), sample.time.ms, sample.value});
    if (state.rows.size() >= kTableRows) PROMFILL_TRY_STATUS(state.flush());
  }
  return {};
}

Result<Report> Writer::finish() {
  if (!state_->rows.empty()) {
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
