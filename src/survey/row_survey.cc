#include "survey/row_survey.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <string_view>

#include "chunk/xor_chunk.h"
#include "histogram/sample_record.h"
#include "store/byte_table.h"

namespace promfill {
namespace {

constexpr std::size_t kKnownEntitiesMax = 1 << 20;  // whose labels are not looked at again
constexpr std::size_t kFollowedSeries = 64;
constexpr std::size_t kFollowedSamples = 2048;
constexpr std::size_t kLastMax = 1 << 20;
constexpr std::size_t kExampleValues = 3;
constexpr std::int64_t kChunkRangeMs = std::int64_t{4} * 3600 * 1000;  // of blocks of 2 h

std::uint64_t series_hash(std::uint64_t entity, std::uint32_t metric) {
  return (entity ^ (metric + 1) * 0x9E3779B97F4A7C15U) * 0xD6E8FEB86659FD93U;
}

/// Of a native histogram how much it has observed.
double value_of(const MetricColumn& column, std::uint32_t row) {
  if (column.records == nullptr) return column.values[row];
  const ByteView body = column.records->body(row);
  double value = 0;
  HistogramSample<Histogram> integer;
  HistogramSample<FloatHistogram> real;
  if (decode_record_body(body, integer)) return static_cast<double>(integer.histogram.count);
  if (decode_record_body(body, real)) return real.histogram.count;
  static_cast<void>(decode_record_body(body, value));
  return value;
}

void append_value(double value, std::string& out) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    std::array<char, 32> text{};
    out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
  }
}

void append_escaped(std::string_view text, std::string& out) {
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

}  // namespace

std::string sample_text(const Labels& labels, const Sample& sample) {
  std::string name;
  std::string rest;
  for (const Label& label : labels) {
    if (label.name == "__name__") {
      name = label.value;
      continue;
    }
    rest += (rest.empty() ? "" : ",") + label.name + "=\"";
    append_escaped(label.value, rest);
    rest += '"';
  }
  std::string out = name + (rest.empty() ? "" : "{" + rest + "}") + " ";
  append_value(sample.value, out);
  const std::int64_t ms = sample.time.ms;
  out += ' ' + std::to_string(ms / 1000);
  if (ms % 1000 != 0) {
    const std::string fraction = std::to_string(1000 + std::abs(ms % 1000));
    out += '.' + fraction.substr(1);
  }
  return out;
}

RowSurvey::RowSurvey(std::span<const MetricDef> metrics, std::size_t examples)
    : defs_(metrics), examples_max_(examples), metrics_(metrics.size()) {}

void RowSurvey::look_at(const SampleBatch& batch) {
  for (const BatchEntity& entity : batch.entities) {
    if (known_entities_.size() < kKnownEntitiesMax && !known_entities_.insert(entity.hash).second) continue;
    look_at_entity(batch, entity);
  }
  for (const std::int64_t ms : batch.times_ms) {
    times_ = {.min = std::min(times_.min, Timestamp{ms}), .max = std::max(times_.max, Timestamp{ms})};
  }
  for (const EntityRun& run : batch.runs) {
    for (const MetricColumn& column : batch.metrics) look_at_run(batch, run, column);
  }
}

void RowSurvey::look_at_entity(const SampleBatch& batch, const BatchEntity& entity) {
  ++entities_seen_;
  for (const promfill::Label& label : decode_entity_key(batch.key(entity))) {
    entity_bytes_ += label.name.size() + label.value.size();
    auto known = std::ranges::find(labels_, label.name, &Label::name);
    if (known == labels_.end())
      known = labels_.insert(labels_.end(), {.name = label.name, .values = {}, .examples = {}});
    known->values.add(hash_bytes(label.value));
    if (known->examples.size() < kExampleValues &&
        std::ranges::find(known->examples, label.value) == known->examples.end()) {
      known->examples.push_back(label.value);
    }
  }
}

void RowSurvey::look_at_run(const SampleBatch& batch, const EntityRun& run, const MetricColumn& column) {
  Metric& metric = metrics_[column.metric];
  const std::uint64_t hash = series_hash(batch.entities[run.entity].hash, column.metric);
  Followed* followed = nullptr;
  if (const auto at = followed_.find(hash); at != followed_.end()) {
    followed = &at->second;
  } else if (followed_.size() < kFollowedSeries) {
    followed = &followed_[hash];
  }
  Last* last = nullptr;
  bool has_value = false;
  for (std::uint32_t row = run.begin; row < run.end; ++row) {
    if (!column.valid(row)) {
      ++metric.nulls;
      continue;
    }
    const double value = value_of(column, row);
    const std::int64_t time_ms = batch.times_ms[row];
    if (metric.values++ == 0) metric.min = metric.max = value;
    metric.min = std::min(metric.min, value);
    metric.max = std::max(metric.max, value);
    if (!has_value) {
      has_value = true;
      series_.add(hash);
      if (last_.size() < kLastMax || last_.contains(hash)) {
        const auto [at, is_new] = last_.try_emplace(hash, Last{time_ms, value});
        last = &at->second;
        if (!is_new && time_ms > last->time_ms) {
          ++metric.steps;
          metric.falls += value < last->value ? 1 : 0;
        }
      }
      if (examples_.size() < examples_max_) take_example(batch, run, column, row);
    } else if (last != nullptr && time_ms > last->time_ms) {
      ++metric.steps;
      metric.falls += value < last->value ? 1 : 0;
    }
    if (last != nullptr && time_ms >= last->time_ms) *last = {time_ms, value};
    if (followed != nullptr && followed->samples.size() < kFollowedSamples) {
      followed->samples.push_back({Timestamp{time_ms}, value});
    }
  }
}

void RowSurvey::take_example(const SampleBatch& batch, const EntityRun& run, const MetricColumn& column,
                             std::uint32_t row) {
  std::vector<promfill::Label> labels = decode_entity_key(batch.key(batch.entities[run.entity]));
  for (const promfill::Label& label : defs_[column.metric].labels) labels.push_back(label);
  const auto all = Labels::create(std::move(labels));
  if (!all) return;
  const Sample sample{Timestamp{batch.times_ms[row]}, value_of(column, row)};
  const bool is_histogram =
      column.records != nullptr && column.records->body(row)[0] != static_cast<std::uint8_t>(RecordKind::kFloat);
  examples_.push_back((is_histogram ? "count of " : "") + sample_text(*all, sample));
}

double RowSurvey::label_bytes() const {
  return entities_seen_ == 0 ? 0 : static_cast<double>(entity_bytes_) / static_cast<double>(entities_seen_);
}

double RowSurvey::bytes_per_sample() const {
  std::uint64_t bytes = 0;
  std::uint64_t samples = 0;
  for (const auto& [hash, followed] : followed_) {
    std::vector<Sample> sorted = followed.samples;
    std::ranges::stable_sort(sorted, {}, [](const Sample& sample) { return sample.time.ms; });
    const auto twice = std::ranges::unique(sorted, {}, [](const Sample& sample) { return sample.time.ms; });
    sorted.erase(twice.begin(), twice.end());
    if (sorted.empty()) continue;
    constexpr std::uint64_t kFrameBytes = 6;  // length, encoding, checksum: docs/format/chunks.md
    for (const EncodedChunk& chunk : encode_series_chunks(sorted, kChunkRangeMs))
      bytes += chunk.data.size() + kFrameBytes;
    samples += sorted.size();
  }
  return samples == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(samples);
}

std::int64_t RowSurvey::interval_ms() const {
  std::map<std::int64_t, std::uint64_t> steps;
  for (const auto& [hash, followed] : followed_) {
    std::vector<std::int64_t> times;
    for (const Sample& sample : followed.samples) times.push_back(sample.time.ms);
    std::ranges::sort(times);
    for (std::size_t i = 1; i < times.size(); ++i) {
      if (times[i] > times[i - 1]) ++steps[times[i] - times[i - 1]];
    }
  }
  const auto most = std::ranges::max_element(steps, {}, [](const auto& step) { return step.second; });
  return most == steps.end() ? 0 : most->first;
}

}  // namespace promfill
