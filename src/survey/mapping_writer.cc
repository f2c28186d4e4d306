#include "survey/mapping_writer.h"
#include "distribution/native_parts.h"

#include <yaml-cpp/yaml.h>

#include <string_view>

namespace promfill {
namespace {

using YAML::BeginMap;
using YAML::BeginSeq;
using YAML::EndMap;
using YAML::EndSeq;
using YAML::Flow;
using YAML::Key;
using YAML::Value;

class Writer {
 public:
  std::string text(const Mapping& mapping) {
    out_ << BeginMap << Key << "version" << Value << 1;
    timestamp(mapping.timestamp);
    labels(mapping);
    splits(mapping.label_splits);
    if (mapping.long_table) long_table(*mapping.long_table);
    if (mapping.metrics && !mapping.long_table) metrics(*mapping.metrics);
    if (!mapping.prefix.empty()) entry("prefix", mapping.prefix);
    if (mapping.counter_total) out_ << Key << "counter_total" << Value << true;
    if (mapping.counter_start_zero) entry("counter_start", "zero");
    if (mapping.stale_after) entry("stale_after", to_string(*mapping.stale_after));
    if (mapping.type_and_unit_labels) out_ << Key << "type_and_unit_labels" << Value << true;
    if (!mapping.relabel_rules.empty()) rules(mapping.relabel_rules);
    out_ << EndMap;
    return std::string(out_.c_str()) + "\n";
  }

 private:
  void entry(std::string_view key, std::string_view value) {
    out_ << Key << std::string(key) << Value << std::string(value);
  }
  void entry_if(std::string_view key, std::string_view value) {
    if (!value.empty()) entry(key, value);
  }

  void timestamp(const TimestampMapping& timestamp) {
    out_ << Key << "timestamp" << Value << Flow << BeginMap;
    entry_if("column", timestamp.column);
    entry_if("time_column", timestamp.time_column);
    if (timestamp.unit) {
      entry("unit", unit_name(*timestamp.unit));
    } else {
      entry_if("unit", timestamp.format);
    }
    if (timestamp.offset_ms != 0) entry("offset", std::to_string(timestamp.offset_ms) + "ms");
    entry_if("timezone", timestamp.timezone);
    if (timestamp.ambiguous != AmbiguousTime::kReject) {
      entry("ambiguous", timestamp.ambiguous == AmbiguousTime::kEarlier ? "earlier" : "later");
    }
    out_ << EndMap;
  }

  static std::string_view unit_name(TimeUnit unit) {
    switch (unit) {
      case TimeUnit::kSeconds:
        return "s";
      case TimeUnit::kMilliseconds:
        return "ms";
      case TimeUnit::kMicroseconds:
        return "us";
      case TimeUnit::kNanoseconds:
        return "ns";
    }
    return "";
  }

  void label(const std::string& name, std::string_view key, const std::string& value) {
    out_ << Key << name << Value << Flow << BeginMap;
    entry(key, value);
    out_ << EndMap;
  }

  void labels(const Mapping& mapping) {
    if (!mapping.labels && mapping.constants.empty()) return;
    out_ << Key << "labels" << Value << BeginMap;
    if (mapping.labels) {
      for (const LabelMapping& each : *mapping.labels) label(each.name, "column", each.column);
    }
    for (const ConstantLabel& each : mapping.constants) label(each.name, "value", each.value);
    out_ << EndMap;
  }

  void splits(std::span<const LabelSplitMapping> splits) {
    if (splits.empty()) return;
    out_ << Key << "labels_from" << Value << BeginSeq;
    for (const LabelSplitMapping& split : splits) {
      out_ << Flow << BeginMap;
      entry("column", split.column);
      if (split.regex) {
        out_ << Key << "regex" << Value << YAML::DoubleQuoted << *split.regex;
      } else {
        out_ << Key << "json" << Value << true;
      }
      out_ << EndMap;
    }
    out_ << EndSeq;
  }

  void long_table(const LongTable& table) {
    out_ << Key << "long" << Value << Flow << BeginMap;
    entry("name_column", table.name_column);
    entry("value_column", table.value_column);
    entry("type", to_string(table.type));
    out_ << EndMap;
  }

  void metrics(std::span<const MetricMapping> metrics) {
    out_ << Key << "metrics" << Value << BeginSeq;
    for (const MetricMapping& metric : metrics) {
      out_ << Flow << BeginMap;
      entry_if("column", metric.column);
      entry_if("name", metric.name);
      entry("type", to_string(metric.type));
      family(metric);
      entry_if("start", metric.start);
      entry_if("stale", metric.stale);
      if (metric.type == MetricType::kNativeHistogram) native(metric.native);
      entry_if("help", metric.help);
      entry_if("human_name", metric.human_name);
      entry_if("unit", metric.unit);
      if (!metric.labels.empty() || !metric.constants.empty()) {
        out_ << Key << "labels" << Value << BeginMap;
        for (const LabelMapping& each : metric.labels) label(each.name, "column", each.column);
        for (const ConstantLabel& each : metric.constants) label(each.name, "value", each.value);
        out_ << EndMap;
      }
      out_ << EndMap;
    }
    out_ << EndSeq;
  }

  /// Of a histogram or a summary.
  void native(const NativeHistogramMapping& native) {
    std::string_view open;  // the side whose object is being written
    for_each_part(native, [&](std::string_view side, const char* key, const std::string& text) {
      if (text.empty()) return;
      if (side != open) {
        if (!open.empty()) out_ << YAML::EndMap;
        out_ << Key << std::string(side) << Value << YAML::BeginMap;
        open = side;
      }
      entry(key, text);
    });
    if (!open.empty()) out_ << YAML::EndMap;
    if (native.counts_are_floats) entry("counts", "float");
    if (native.is_gauge) out_ << Key << "gauge" << Value << true;
  }

  void family(const MetricMapping& metric) {
    const bool is_summary = metric.type == MetricType::kSummary;
    if (!metric.bounds.empty() && metric.column.empty()) {
      out_ << Key << (is_summary ? "quantiles" : "buckets") << Value << BeginMap;
      for (const BoundMapping& each : metric.bounds) {
        out_ << Key << YAML::DoubleQuoted << each.bound << Value << each.column;
      }
      out_ << EndMap;
    } else if (!metric.bounds.empty()) {
      out_ << Key << "bounds" << Value << BeginSeq;
      for (const BoundMapping& each : metric.bounds) out_ << YAML::DoubleQuoted << each.bound;
      out_ << EndSeq;
    }
    entry_if(is_summary ? "quantile" : "le", metric.bound_column);
    entry_if("sum", metric.sum);
    entry_if("count", metric.count);
    if (!metric.cumulative) out_ << Key << "cumulative" << Value << false;
  }

  static std::string_view action_name(RelabelAction action) {
    switch (action) {
      case RelabelAction::kReplace:
        return "replace";
      case RelabelAction::kKeep:
        return "keep";
      case RelabelAction::kDrop:
        return "drop";
      case RelabelAction::kKeepEqual:
        return "keepequal";
      case RelabelAction::kDropEqual:
        return "dropequal";
      case RelabelAction::kHashMod:
        return "hashmod";
      case RelabelAction::kLabelMap:
        return "labelmap";
      case RelabelAction::kLabelDrop:
        return "labeldrop";
      case RelabelAction::kLabelKeep:
        return "labelkeep";
      case RelabelAction::kLowercase:
        return "lowercase";
      case RelabelAction::kUppercase:
        return "uppercase";
    }
    return "";
  }

  void rules(std::span<const RelabelRule> rules) {
    const RelabelRule defaults;
    out_ << Key << "relabel_configs" << Value << BeginSeq;
    for (const RelabelRule& rule : rules) {
      out_ << BeginMap;
      if (rule.source_labels) {
        out_ << Key << "source_labels" << Value << Flow << BeginSeq;
        for (const std::string& label : *rule.source_labels) out_ << label;
        out_ << EndSeq;
      }
      if (rule.separator != defaults.separator)
        out_ << Key << "separator" << Value << YAML::DoubleQuoted << rule.separator;
      if (rule.regex) out_ << Key << "regex" << Value << YAML::DoubleQuoted << *rule.regex;
      if (rule.modulus != 0) out_ << Key << "modulus" << Value << rule.modulus;
      entry_if("target_label", rule.target_label);
      if (rule.replacement != defaults.replacement) {
        out_ << Key << "replacement" << Value << YAML::DoubleQuoted << rule.replacement;
      }
      entry("action", action_name(rule.action));
      out_ << EndMap;
    }
    out_ << EndSeq;
  }

  YAML::Emitter out_;
};

}  // namespace

std::string mapping_text(const Mapping& mapping, std::span<const std::string> reasons) {
  std::string text = "# promfill mapping, version 1\n";
  for (const std::string& reason : reasons) {
    std::string line = "# " + reason;
    for (char& c : line) c = c == '\n' || c == '\r' ? ' ' : c;
    text += line + "\n";
  }
  return text + Writer().text(mapping);
}

}  // namespace promfill
