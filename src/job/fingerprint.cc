// See fingerprint.h.
#include "job/fingerprint.h"
#include "distribution/native_parts.h"

#include <algorithm>
#include <array>
#include <optional>

#include "encoding/big_endian.h"
#include "promfill/labels.h"
#include "store/byte_table.h"

namespace promfill {
namespace {

/// First in the identity of a job whose rows come from a program.
constexpr std::string_view kOfProgram = "rows of a program";

/// Journal and manifest are JSON, and must give back what was put in: where a text is no UTF-8, as names of files may
/// be, its bytes are spelled out.
std::string as_utf8(std::string text) {
  if (is_valid_utf8(text)) return text;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string spelled;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      spelled += c;
    } else {
      spelled += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return spelled;
}

void add_labels(const std::string& of, const std::vector<LabelMapping>& labels,
                const std::vector<ConstantLabel>& constants, JobIdentity& identity) {
  for (const LabelMapping& label : labels) identity.emplace_back(of + "label " + label.name, label.column);
  for (const ConstantLabel& constant : constants) {
    identity.emplace_back(of + "constant label " + constant.name, constant.value);
  }
}

/// Of a histogram or a summary.
void add_family(const std::string& of, const MetricMapping& metric, JobIdentity& identity) {
  for (const BoundMapping& bound : metric.bounds) identity.emplace_back(of + "bound " + bound.bound, bound.column);
  if (!metric.bound_column.empty()) identity.emplace_back(of + "column of bounds", metric.bound_column);
  if (!metric.sum.empty()) identity.emplace_back(of + "sum", metric.sum);
  if (!metric.count.empty()) identity.emplace_back(of + "count", metric.count);
  if (!metric.start.empty()) identity.emplace_back(of + "start", metric.start);
  if (!metric.stale.empty()) identity.emplace_back(of + "stale", metric.stale);
  if (!metric.cumulative) identity.emplace_back(of + "cumulative", "false");
}

void add_time(const TimestampMapping& time, JobIdentity& identity) {
  identity.emplace_back("time column", time.column);
  identity.emplace_back("time unit", time.unit ? to_string(*time.unit) : "auto");
  identity.emplace_back("--timestamp-offset", std::to_string(time.offset_ms) + " ms");
  if (!time.format.empty()) identity.emplace_back("time format", time.format);
  if (!time.time_column.empty()) identity.emplace_back("column of the time of day", time.time_column);
  if (time.timezone.empty()) return;
  identity.emplace_back("--timezone", time.timezone);
  identity.emplace_back("--ambiguous", std::to_string(static_cast<int>(time.ambiguous)));
}

void add_native(const std::string& name, const MetricMapping& metric, JobIdentity& identity) {
  for_each_part(metric.native, [&](std::string_view side, const char* key, const std::string& text) {
    if (!text.empty()) identity.emplace_back(name + std::string(side) + " " + key, text);
  });
  if (metric.native.counts_are_floats) identity.emplace_back(name + "counts", "float");
  if (metric.native.is_gauge) identity.emplace_back(name + "gauge", "true");
}

/// Each text with its length: no two lists have the same.
std::string rule_text(const RelabelRule& rule) {
  std::vector<std::string> texts{std::to_string(static_cast<int>(rule.action)),
                                 rule.separator,
                                 rule.regex ? "r" + *rule.regex : "",
                                 std::to_string(rule.modulus),
                                 rule.target_label,
                                 rule.replacement};
  if (rule.source_labels) texts.insert(texts.end(), rule.source_labels->begin(), rule.source_labels->end());
  std::string all;
  for (const std::string& text : texts) all += std::to_string(text.size()) + ':' + text;
  return all;
}

void add_mapping(const Mapping& mapping, JobIdentity& identity) {
  add_time(mapping.timestamp, identity);
  add_labels("", mapping.labels.value_or(std::vector<LabelMapping>()), mapping.constants, identity);
  for (const LabelSplitMapping& split : mapping.label_splits) {
    identity.emplace_back("labels from column " + split.column, split.regex ? "regex " + *split.regex : "JSON");
  }
  if (mapping.long_table) {
    identity.emplace_back("metric names of column " + mapping.long_table->name_column, "prefix " + mapping.prefix);
  }
  for (const MetricMapping& metric : mapping.metrics.value_or(std::vector<MetricMapping>())) {
    const std::string name = "metric " + metric.name + " of column " + metric.column;
    identity.emplace_back(name, to_string(metric.type));
    add_labels(name + ": ", metric.labels, metric.constants, identity);
    add_family(name + ": ", metric, identity);
    if (metric.type == MetricType::kNativeHistogram) add_native(name + ": ", metric, identity);
  }
  if (mapping.counter_total) identity.emplace_back("--counter-total", "given");
  if (mapping.type_and_unit_labels) {
    identity.emplace_back("--type-and-unit-labels", "given");
    for (const MetricMapping& metric : mapping.metrics.value_or(std::vector<MetricMapping>())) {
      identity.emplace_back("unit of metric " + metric.name + " of column " + metric.column, metric.unit);
    }
  }
  for (std::size_t i = 0; i < mapping.relabel_rules.size(); ++i) {
    identity.emplace_back("relabelling rule " + std::to_string(i + 1), rule_text(mapping.relabel_rules[i]));
  }
}

void add_options(const BackfillOptions& options, JobIdentity& identity) {
  const auto time = [](const std::optional<Timestamp>& t) { return t ? to_string(*t) : "none"; };
  identity.emplace_back("--block-duration", std::to_string(options.block_duration.value_or(Duration{}).ms) + " ms");
  identity.emplace_back("--on-duplicate", to_string(options.on_duplicate));
  identity.emplace_back("--allow-implausible-times", options.allow_implausible_times ? "given" : "not given");
  identity.emplace_back("--on-reject", to_string(options.on_reject));
  identity.emplace_back("--nan", to_string(options.nan));
  identity.emplace_back("--inexact", to_string(options.inexact));
  identity.emplace_back("--null-label", to_string(options.null_label));
  identity.emplace_back("--chunk-encoding", to_string(options.chunk_encoding));
  identity.emplace_back("--counter-start", to_string(options.counter_start));
  if (options.stale_after) identity.emplace_back("--stale-after", std::to_string(options.stale_after->ms) + " ms");
  if (!options.external_labels.empty()) identity.emplace_back("--external-label", options.external_labels.text());
  // Of the limits, the one that decides about rows; the others end the job.
  identity.emplace_back("--limit label_value_bytes", std::to_string(options.limits.label_value_bytes));
  identity.emplace_back("--min-time", time(options.min_time));
  identity.emplace_back("--max-time", time(options.max_time));
}

}  // namespace

bool can_resume(const JobIdentity& job) { return job.empty() || job.front().first != kOfProgram; }

std::string first_difference(const JobIdentity& before, const JobIdentity& now) {
  if (before == now) return "";
  const auto value_in = [](const JobIdentity& identity, const std::string& name) {
    return std::find_if(identity.begin(), identity.end(), [&](const auto& field) { return field.first == name; });
  };
  for (const auto& [name, value] : now) {
    const auto at = value_in(before, name);
    if (at == before.end()) return name + " was added";
    if (at->second != value) return name + " was '" + at->second + "' and is '" + value + "'";
  }
  for (const auto& [name, value] : before) {
    if (value_in(now, name) == now.end()) return name + " is gone";
  }
  return "inputs, labels or metrics come in another order";
}

Fingerprint Fingerprint::of(FileSystem& fs, std::span<const std::string> inputs, const Mapping& mapping,
                            const BackfillOptions& options, std::span<const std::string> readings) {
  Fingerprint fingerprint;
  JobIdentity& identity = fingerprint.identity_;
  if (inputs.empty()) {
    identity.emplace_back(kOfProgram, "");
    fingerprint.is_of_files_ = false;
  }
  for (const std::string& input : inputs) {
    const Result<FileInfo> info = fs.info(input);
    if (!info) fingerprint.is_of_files_ = false;
    identity.emplace_back("input " + input, info ? std::to_string(info->size_bytes) + " bytes, changed at " +
                                                       std::to_string(info->modified_ns) + " ns"
                                                 : "no file");
  }
  for (std::size_t i = 0; i < readings.size(); ++i) {
    identity.emplace_back("what was found out, line " + std::to_string(i + 1), readings[i]);
  }
  add_mapping(mapping, identity);
  add_options(options, identity);
  for (auto& [name, value] : identity) {
    name = as_utf8(std::move(name));
    value = as_utf8(std::move(value));
  }
  for (const auto& [name, value] : identity) {  // each with its length: no two identities have the same text
    for (const std::string& text : {name, value}) fingerprint.text_ += std::to_string(text.size()) + ':' + text;
  }
  return fingerprint;
}

Ulid Fingerprint::ulid(Timestamp created, std::string_view purpose) const {
  std::array<std::uint8_t, 16> hashes;
  store_be64(hashes.data(), hash_bytes(text_ + "/" + std::string(purpose)));
  store_be64(hashes.data() + 8, hash_bytes(std::string(purpose) + "/" + text_));
  std::array<std::uint8_t, 10> entropy;
  std::copy_n(hashes.begin(), entropy.size(), entropy.begin());
  return Ulid::make(created, entropy);
}

Ulid Fingerprint::block_ulid(Timestamp created, std::int64_t window_min_ms) const {
  return ulid(created, "window " + std::to_string(window_min_ms));
}

std::string Fingerprint::job_name(Timestamp created) const { return ulid(created, "job").text(); }

}  // namespace promfill
