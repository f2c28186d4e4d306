// See record_plan.h.
#include "record/record_plan.h"

#include <algorithm>
#include <map>
#include <utility>

#include "backfill/planning.h"
#include "promfill/tag.h"

namespace promfill {
namespace {

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

Error wrong(const RecordType& type, const RecordType::Metric& metric, std::string message, std::string hint) {
  return {ErrorCode::kUsage, std::move(message), type.name + "::" + metric.member, std::move(hint)};
}

Status check_name(const RecordType& type, const RecordType::Metric& metric) {
  if (is_classic_metric_name(metric.name)) return {};
  return wrong(type, metric, "invalid metric name " + quoted(metric.name),
               "use letters, digits, underscores and colons, not starting with a digit: metric_name:… in the tag");
}

Status check_label(const RecordType& type, const RecordType::Metric& metric, const Label& label, const Limits& limits) {
  if (!is_classic_label_name(label.name) || label.name == kMetricName) {
    return wrong(type, metric, "invalid label name " + quoted(label.name),
                 "use letters, digits and underscores, not starting with a digit");
  }
  if (!is_valid_utf8(label.value)) {
    return wrong(type, metric, "the value of label " + quoted(label.name) + " is not UTF-8", "write it in UTF-8");
  }
  if (label.name.size() > limits.label_name_bytes) {
    return wrong(type, metric, "the name of label " + quoted(label.name) + " is too long",
                 hint_to_raise(&Limits::label_name_bytes, label.name.size()));
  }
  if (label.value.size() > limits.label_value_bytes) {
    return wrong(type, metric, "the value of label " + quoted(label.name) + " is too long",
                 hint_to_raise(&Limits::label_value_bytes, label.value.size()));
  }
  return {};
}

class Planner {
 public:
  Planner(const BackfillOptions& options, Timestamp now) : options_(options), now_(now) {}

  Status add(RecordType type) {
    if (type.metrics.empty()) {
      return Error{ErrorCode::kUsage, "the record has no metric", type.name,
                   "add promfill::field<&…>(\"metric_type:gauge\") to its promfill::Schema"};
    }
    RecordPlan plan = base_plan();
    for (RecordType::Metric& metric : type.metrics) {
      if (options_.counter_total && metric.type == MetricType::kCounter && !metric.name.ends_with("_total")) {
        metric.name += "_total";
      }
    }
    for (std::size_t m = 0; m < type.metrics.size(); ++m) {
      plan.columns.push_back(plan.metrics.size());
      if (type.metrics[m].family) {
        PROMFILL_TRY_STATUS(add_family(type, m, plan));
        continue;
      }
      PROMFILL_TRY(const std::uint32_t number, add_metric(type, type.metrics[m], plan));
      plan.metrics.push_back(number);
    }
    std::sort(plan.taken_labels.begin(), plan.taken_labels.end());
    identify(type);
    plan.type = std::move(type);
    push(std::move(plan));
    return {};
  }

  void add_samples(RecordType type) {
    RecordPlan plan = base_plan();
    plan.names_are_labels = true;
    plan.metrics = {0};
    plan.columns = {0};
    made_.metrics.emplace_back();
    made_.metrics[0].holds_records = static_cast<bool>(type.metrics[0].sample);
    identify(type);
    plan.type = std::move(type);
    push(std::move(plan));
  }

  Result<RecordPlans> finish() {
    if (made_.types.empty()) return Error{ErrorCode::kUsage, "the job has no type of records", "", ""};
    if (made_.metrics.size() > options_.limits.metrics) {
      return Error{ErrorCode::kUsage, "metrics of the records: " + std::to_string(made_.metrics.size()), "",
                   hint_to_raise(&Limits::metrics, made_.metrics.size())};
    }
    const std::vector<std::uint32_t> bundles = bundle_metrics(made_.metrics.size(), yielded_);
    for (std::size_t m = 0; m < bundles.size(); ++m) made_.metrics[m].bundle = bundles[m];
    return std::move(made_);
  }

 private:
  RecordPlan base_plan() const {
    RecordPlan plan;
    if (!options_.allow_implausible_times) plan.plausible = PlausibleTimes::until(now_);
    plan.min_time = options_.min_time.value_or(kTimestampMin);
    plan.max_time = options_.max_time.value_or(kTimestampMax);
    plan.guard = {options_.allow_implausible_times, now_};
    plan.explain_rejects = options_.on_reject != RejectPolicy::kDrop || options_.rejects_max;
    plan.limits = options_.limits;
    plan.counters_begin_with_zero = options_.counter_start == CounterStart::kZero;
    return plan;
  }

  /// The series of a classic histogram or summary, as a mapping's are.
  Status add_family(const RecordType& type, std::size_t number, RecordPlan& plan) {
    const RecordType::Metric& metric = type.metrics[number];
    MetricMapping mapped;
    mapped.name = metric.name;
    mapped.type = metric.type;
    mapped.cumulative = metric.cumulative;
    mapped.sum = "sum";
    mapped.count = "count";
    for (std::size_t i = 0; i < metric.bounds.size(); ++i) {
      mapped.bounds.push_back({.bound = metric.bounds[i], .column = std::to_string(i)});
    }
    auto series = family_series({}, mapped);
    if (!series) return wrong(type, metric, series.error().message, "see to the bounds or quantiles in the tag");
    RecordFamily family;
    for (FamilySeries& one : *series) {
      RecordType::Metric single = metric;
      single.name = one.metric.name;
      for (const ConstantLabel& label : one.metric.constants) single.labels.push_back({label.name, label.value});
      PROMFILL_TRY(const std::uint32_t column, add_metric(type, single, plan));
      plan.metrics.push_back(column);
      plan.generated += static_cast<std::size_t>(one.is_generated);
      const bool is_value = one.role == SeriesRole::kBound && !one.is_generated;
      family.value_of.push_back(is_value ? std::stoul(one.metric.column) : 0);
      family.series.push_back(std::move(one));
    }
    plan.families.emplace(number, std::move(family));
    return {};
  }

  /// As Prometheus 3's feature type-and-unit-labels has them.
  void add_type_and_unit(const RecordType::Metric& metric, std::vector<Label>& labels) const {
    if (!options_.type_and_unit_labels) return;
    const bool is_native = metric.type == MetricType::kNativeHistogram;
    if (metric.type != MetricType::kUntyped) {
      labels.push_back({"__type__", std::string(to_string(is_native ? MetricType::kHistogram : metric.type))});
    }
    const std::string unit = metadata_of(metric).unit;
    if (!unit.empty()) labels.push_back({"__unit__", unit});
  }

  Result<std::uint32_t> add_metric(const RecordType& type, const RecordType::Metric& metric, RecordPlan& plan) {
    PROMFILL_TRY_STATUS(check_name(type, metric));
    std::vector<Label> labels{{std::string(kMetricName), metric.name}};
    for (const Label& label : metric.labels) {
      if (!options_.metadata_as_labels && is_metadata_key(label.name)) continue;
      PROMFILL_TRY_STATUS(check_label(type, metric, label, options_.limits));
      labels.push_back(label);
      if (std::find(plan.taken_labels.begin(), plan.taken_labels.end(), label.name) == plan.taken_labels.end()) {
        plan.taken_labels.push_back(label.name);
      }
    }
    add_type_and_unit(metric, labels);
    PROMFILL_TRY(Labels all, Labels::create(std::move(labels)));
    const auto next = static_cast<std::uint32_t>(made_.metrics.size());
    const auto [at, is_new] = numbers_.try_emplace(all.text(), next);
    if (is_new) {
      made_.metrics.push_back(
          {.labels = std::move(all), .type = metric.type, .holds_records = static_cast<bool>(metric.sample)});
    } else if (made_.metrics[at->second].holds_records != static_cast<bool>(metric.sample)) {
      return wrong(type, metric,
                   "this field is a native histogram, or has a start, in one type of record, and not in another",
                   "give one of them another metric_name");
    }
    if (std::find(plan.metrics.begin(), plan.metrics.end(), at->second) != plan.metrics.end()) {
      return wrong(type, metric, "this field and another would make the same series " + at->first,
                   "give one of them another metric_name, or a label");
    }
    return at->second;
  }

  /// The job's identity has all that its blocks depend on.
  void identify(const RecordType& type) {
    Mapping& mapping = made_.identity;
    if (!mapping.labels) mapping.labels.emplace();
    if (!mapping.metrics) mapping.metrics.emplace();
    mapping.timestamp.column += (mapping.timestamp.column.empty() ? "" : ", ") + type.name + "::" + type.time.member;
    mapping.timestamp.unit = type.time.unit;
    for (const RecordType::Metric& metric : type.metrics) {
      MetricMapping said;
      said.column = type.name + "::" + metric.member;
      said.name = metric.name;
      for (const Label& label : metric.labels) said.name += "," + label.name + "=" + label.value;
      said.type = metric.type;
      for (const std::string& bound : metric.bounds) said.bounds.push_back({.bound = bound, .column = ""});
      said.cumulative = metric.cumulative;
      mapping.metrics->push_back(std::move(said));
      const MetricMetadata metadata = metadata_of(metric);
      (void)merge_metadata(made_.metadata, std::span(&metadata, 1));
    }
  }

  /// Of the tag's keys for people.
  static MetricMetadata metadata_of(const RecordType::Metric& metric) {
    MetricMetadata metadata{.name = metric.name, .type = metric.type};
    for (const Label& label : metric.labels) {
      if (label.name == "help" || (label.name == "description" && metadata.help.empty())) metadata.help = label.value;
      if (label.name == "unit") metadata.unit = label.value;
      if (label.name == "humanName") metadata.human_name = label.value;
    }
    return metadata;
  }

  void push(RecordPlan plan) {
    constexpr std::uint64_t kRowBytes = 32;  // time, entity, and what the row itself is beside its values
    made_.work.row_bytes =
        std::max<std::uint64_t>(made_.work.row_bytes, kRowBytes + sizeof(double) * plan.metrics.size());
    made_.work.pieces = kManyPieces;
    yielded_.push_back(plan.metrics);
    made_.types.push_back(std::move(plan));
  }

  static constexpr std::uint64_t kManyPieces = 1 << 20;  // nobody knows how many tables will come

  const BackfillOptions& options_;
  Timestamp now_;
  RecordPlans made_;
  std::map<std::string, std::uint32_t> numbers_;
  std::vector<std::vector<std::uint32_t>> yielded_;
};

}  // namespace

Result<RecordPlans> plan_records(std::vector<RecordType> types, const BackfillOptions& options, Timestamp now) {
  Planner planner(options, now);
  for (RecordType& type : types) PROMFILL_TRY_STATUS(planner.add(std::move(type)));
  return planner.finish();
}

Result<RecordPlans> plan_samples(RecordType type, const BackfillOptions& options, Timestamp now) {
  Planner planner(options, now);
  planner.add_samples(std::move(type));
  return planner.finish();
}

}  // namespace promfill
